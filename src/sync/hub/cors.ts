import type { RequestLike } from "../http.ts";

/** How long a browser may remember the answer to a preflight, in seconds. Browsers have shorter limits of their own. */
const REMEMBERED = "86400";

/** The origins of pages that may use the hub from another site: a list, of which "*" is any, or a function. */
export type Origins = readonly string[] | ((origin: string) => boolean);

/** The headers with which a browser lets a page of another origin read an answer. */
export function corsHeaders({ headers }: RequestLike, origins: Origins | undefined): Readonly<Record<string, string>> {
  const origin = headers.get("origin");
  if (origins === undefined || origin === null) return {};
  const vary = { vary: "origin" };
  // A promise of an asynchronous function is no permission.
  const allowed: unknown =
    typeof origins === "function" ? origins(origin) : origins.includes(origin) || origins.includes("*");
  if (allowed !== true) return vary;
  return { ...vary, "access-control-allow-origin": origin, "access-control-expose-headers": "retry-after" };
}

/** The headers with which a preflight is answered. What is sent, such as its authorization, is the application's choice. */
export function preflightHeaders({ headers }: RequestLike): Readonly<Record<string, string>> {
  return {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": headers.get("access-control-request-headers") ?? "content-type",
    "access-control-max-age": REMEMBERED,
  };
}
