import type { IncomingMessage, ServerResponse } from "node:http";
import type { CounterService } from "../counter/service.ts";
import { answerCall } from "./answer.ts";
import { serveFiles } from "./files.ts";
import { createLiveFeed } from "./live.ts";

/** What this machine calls itself. A name that somebody has bent to it is another. */
const OWN_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Of every answer: nothing is guessed from the content, and no other page shows this one inside itself. */
const HEADERS = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "frame-ancestors 'none'",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
} as const;

/**
 * Answers every request, whatever it is: what makes no sense gets its status, and an answer that fails is a 500. With `page` it
 * serves the files of that folder, too.
 */
export function createRequestHandler(
  service: CounterService,
  page: string | undefined,
): (request: IncomingMessage, response: ServerResponse) => void {
  const servePage = page === undefined ? undefined : serveFiles(page);
  const sendLive = createLiveFeed(service);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const path = pathOf(request);
    if (path === undefined) return refuse(response, 400);
    if (isForeign(request)) return refuse(response, 403);
    if (path === "/api/live" || path === "/api/counters") {
      if (!isReading(request)) return refuse(response, 405, { allow: "GET, HEAD" });
      return path === "/api/live" ? sendLive(request, response) : sendCounters(service, response);
    }
    if (path.startsWith("/api/")) return answerCall(service, path.slice("/api/".length), request, response);
    if (!isReading(request)) return refuse(response, 405, { allow: "GET, HEAD" });
    if (servePage?.(path, response) !== true) refuse(response, 404);
  }

  return (request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      if (response.headersSent) response.destroy();
      else refuse(response, 500);
    });
  };
}

/** The path as it was sent; undefined: it is none, such as `*` or another server's address. */
function pathOf({ url = "" }: IncomingMessage): string | undefined {
  const [path = ""] = url.split(/[?#]/, 1);
  return /^\/(?![/\\])[!-~]*$/.test(path) ? path : undefined;
}

function isReading({ method }: IncomingMessage): boolean {
  return method === "GET" || method === "HEAD";
}

/** Another site's page is not answered, be it one at another port of this machine or at a name of its own for it. */
function isForeign({ headers }: IncomingMessage): boolean {
  const { host = "", origin, "sec-fetch-site": site } = headers;
  if (!OWN_HOST.test(host)) return true;
  if (origin !== undefined) return origin !== `http://${host}`;
  return site !== undefined && site !== "same-origin" && site !== "none";
}

async function sendCounters(service: CounterService, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(service.counters.state, null, 2));
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers).end();
}
