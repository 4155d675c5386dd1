import type { IncomingMessage, ServerResponse } from "node:http";
import type { CounterService } from "../counter/service.ts";
import { answerCall } from "./answer.ts";
import type { Devices } from "./devices.ts";
import { serveFiles } from "./files.ts";
import type { AnswerDevice } from "./hub.ts";
import { createLiveFeed } from "./live.ts";
import { readNotFoundPage } from "./not-found.ts";

/** The local names of this machine; any other name may have been pointed at it by somebody else. */
const OWN_NAMES: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** The headers of every answer: the content type is not guessed, and no other page may embed this one. */
const HEADERS = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "frame-ancestors 'none'",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
} as const;

/** What answers requests. */
interface RequestParts {
  readonly service: CounterService;
  readonly devices: Devices;
  /** Answers devices that follow the counters, at `/api/sync`. */
  readonly answerDevice: AnswerDevice;
  /** The folder of the page, if it is served too. */
  readonly page: string | undefined;
  /** The name or address by which other devices reach this machine, perhaps over https. */
  readonly host: string | undefined;
}

/** Answers every request: an invalid one gets its status, and an answer that fails is a 500. */
export function createRequestHandler({
  service,
  devices,
  answerDevice,
  page,
  host,
}: RequestParts): (request: IncomingMessage, response: ServerResponse) => void {
  const servePage = page === undefined ? undefined : serveFiles(page);
  const notFound = page === undefined ? undefined : readNotFoundPage(page);
  const { counters, ranking } = service;
  const reading: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
    "/api/counters": (_, response) => sendCounters(service, response),
    "/api/live": createLiveFeed({ counters, ranking }),
    "/api/devices": createLiveFeed({ devices }),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const path = pathOf(request);
    if (path === undefined) return refuse(response, 400);
    if (isForeign(request, host)) return refuse(response, 403);
    if (Object.hasOwn(reading, path)) {
      if (!isReading(request)) return refuse(response, 405, { allow: "GET, HEAD" });
      return reading[path]?.(request, response);
    }
    if (path.startsWith("/api/sync/")) return answerDevice(request, response);
    if (path.startsWith("/api/")) return answerCall(service, path.slice("/api/".length), request, response);
    if (!isReading(request)) return refuse(response, 405, { allow: "GET, HEAD" });
    if (servePage?.(path, response) === true) return;
    if (notFound === undefined || !acceptsHtml(request)) return refuse(response, 404);
    response.writeHead(404, { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" }).end(notFound);
  }

  return (request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      if (response.headersSent) response.destroy();
      else refuse(response, 500);
    });
  };
}

/** Returns the path of a request; undefined if it has none, such as `*` or another server's address. */
function pathOf({ url = "" }: IncomingMessage): string | undefined {
  const [path = ""] = url.split(/[?#]/, 1);
  return /^\/(?![/\\])[!-~]*$/.test(path) ? path : undefined;
}

function isReading({ method }: IncomingMessage): boolean {
  return method === "GET" || method === "HEAD";
}

function acceptsHtml({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes("text/html") === true;
}

/**
 * Whether a request comes from another site's page, including one at another port or name of this machine, which is not
 * answered.
 */
function isForeign({ headers }: IncomingMessage, given: string | undefined): boolean {
  const { host = "", origin, "sec-fetch-site": site } = headers;
  const name = host.replace(/:\d+$/, "");
  if (!OWN_NAMES.has(name) && name !== given) return true;
  if (origin !== undefined) return origin !== `http://${host}` && (name !== given || origin !== `https://${host}`);
  return site !== undefined && site !== "same-origin" && site !== "none";
}

function sendCounters(service: CounterService, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(service.counters.state, null, 2));
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers).end();
}
