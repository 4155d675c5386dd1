import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { MadeResponse, RequestLike } from "rivulet/sync/hub";
import { serveRequests, type HttpServer } from "../http-server.ts";

/** What the listener may do to the messages between replicas and a hub, as a proxy would. */
export interface Proxy {
  /** Holds back a response until it is complete. */
  buffers?: boolean;
  /** Answers this status instead of the hub. */
  status?: number;
}

const HEADERS = ["content-type", "content-encoding", "cache-control", "retry-after"];

/** A hub, or what stands before one. */
export interface Served {
  fetch(request: RequestLike): Promise<MadeResponse>;
}

/** Serves a hub in Node; port 0: any that is free. */
export async function listen(
  hub: Served,
  port = 0,
  proxy: Proxy = {},
): Promise<{ readonly url: string; readonly server: HttpServer }> {
  const server = await serveRequests((request, response) => answer(hub, request, response, proxy), port);
  return { url: `${server.origin}/sync`, server };
}

async function answer(hub: Served, request: IncomingMessage, response: ServerResponse, proxy: Proxy): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  // Pages of other sites may ask.
  response.setHeader("access-control-allow-origin", "*");
  if (request.method === "OPTIONS") {
    const headers = { "access-control-allow-headers": "authorization, content-type, accept" };
    return void response.writeHead(204, { ...headers, "access-control-max-age": "600" }).end();
  }
  if (proxy.status !== undefined) return void response.writeHead(proxy.status).end();
  const { status, headers, body } = await hub.fetch({
    method: request.method ?? "GET",
    url: `http://localhost${request.url}`,
    signal: gone.signal,
    headers: { get: (name) => (request.headers[name] as string | undefined) ?? null },
    body: Readable.toWeb(request) as never,
  });
  const reader = body?.getReader();
  const cancel = (): void => void reader?.cancel().catch(() => undefined);
  if (gone.signal.aborted) cancel();
  gone.signal.addEventListener("abort", cancel);
  const kept: Uint8Array[] = [];
  const passed = HEADERS.flatMap((name) => (headers.get(name) === null ? [] : [[name, headers.get(name) as string]]));
  response.writeHead(status, Object.fromEntries(passed));
  if (proxy.buffers !== true) response.flushHeaders();
  for (;;) {
    const { done, value } = (await reader?.read().catch(() => undefined)) ?? { done: true };
    if (done || value === undefined) break;
    if (proxy.buffers === true) kept.push(value);
    // As fast as the other side reads, and no faster.
    else if (!response.write(value))
      await new Promise<void>((resolve) => {
        const resume = (): void => {
          response.off("drain", resume).off("close", resume);
          resolve();
        };
        response.on("drain", resume).on("close", resume);
      });
  }
  for (const piece of kept) response.write(piece);
  response.end();
}
