/** What pg reports of a connection without a code: https://github.com/brianc/node-postgres. */
const LOST = /^(?:Connection terminated|Client (?:has encountered|was closed)|timeout e|Query read timeout)/;

/** The SQLSTATE of an error that the server sent. */
export function codeOf(error: unknown): string | undefined {
  const { code, severity } = Object(error) as { readonly code?: unknown; readonly severity?: unknown };
  return typeof code === "string" && typeof severity === "string" ? code : undefined;
}

/** Whether the connection could not be made or was lost. */
export function isLost(error: unknown): boolean {
  const code = codeOf(error);
  // Those of a transaction or session that was idle for too long also end the connection:
  // https://www.postgresql.org/docs/current/errcodes-appendix.html
  if (code !== undefined) return /^(?:57P0[1235]|25P0[34]|08...)$/.test(code);
  const { syscall, message } = Object(error) as { readonly syscall?: unknown; readonly message?: unknown };
  return typeof syscall === "string" || LOST.test(String(message));
}

/** No connection was made: the server was not there, is starting, or did not answer. */
export function isUnsent(error: unknown): boolean {
  const { syscall, message } = Object(error) as { readonly syscall?: unknown; readonly message?: unknown };
  if (codeOf(error) === "57P03") return true;
  return syscall === "connect" || syscall === "getaddrinfo" || String(message).startsWith("timeout e");
}
