/** The error for a server that cannot be reached; the page recognises it by its name. */
export function unreachable(cause: unknown): Error {
  return Object.assign(new Error("the server cannot be reached", { cause }), { name: "Unreachable" });
}
