import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { Hub, RequestLike } from "../../src/sync/hub/index.ts";

/** The names by which a browser reaches a server that only this machine reaches. */
const LOCAL = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;

/**
 * Answers the requests of Node's server with a hub. `local`: refuses requests to any other host name, with which a page of another site
 * would reach this machine (DNS rebinding).
 */
export function createListener(answer: Hub["fetch"], local: boolean): Server {
  return createServer((request, response) => {
    handle(answer, local, request, response).catch(() => response.destroy());
  });
}

async function handle(
  answer: Hub["fetch"],
  local: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { headers, method = "GET" } = request;
  if (local && !LOCAL.test(headers.host ?? "")) return void response.writeHead(403).end();
  // Pages of other sites may send other types without being asked for permission.
  const isJson = headers["content-type"]?.startsWith("application/json") === true;
  if (method === "POST" && !isJson) return void response.writeHead(415).end();
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const asked: RequestLike = {
    method,
    url: `http://localhost${request.url ?? "/"}`,
    signal: gone.signal,
    headers: { get: (name) => (headers[name] as string | undefined) ?? null },
    body: Readable.toWeb(request) as ReadableStream<Uint8Array>,
  };
  const { status, headers: given, body } = await answer(asked);
  response.writeHead(status, Object.fromEntries(given));
  response.flushHeaders();
  const reader = body?.getReader();
  const leave = (): void => void reader?.cancel().catch(() => undefined);
  gone.signal.addEventListener("abort", leave);
  // The client may have left before the answer was there.
  if (gone.signal.aborted) leave();
  for (;;) {
    const piece = await reader?.read();
    if (piece?.value === undefined) break;
    // As fast as the other side reads, and no faster.
    if (!response.write(piece.value)) await isWritable(response);
  }
  response.end();
}

/** Resolves once more can be written, or the connection is closed. */
async function isWritable(response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const go = (): void => {
      response.off("drain", go).off("close", go);
      resolve();
    };
    response.on("drain", go).on("close", go);
    if (response.closed) go();
  });
}
