import { randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { InspectStates } from "./inspect-states.ts";
import { serveOverSockets, type Adapter, type SocketConnection } from "../../src/adapter.ts";

/** The address that only this machine reaches. */
const HOST = "127.0.0.1";

/** The largest request, in bytes: an import sends pages of events. */
const LARGEST = 64 * 1024 * 1024;

/** How often a connection is proved to be alive, in milliseconds. */
const BEAT = 15_000;

const PAGE = new URL("../inspector/page.js", import.meta.url);

/** The page may run its own script, and speak with this server; nothing may frame it. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
} as const;

const STYLE = "html, body { margin: 0; height: 100%; color-scheme: light dark; } rivulet-inspector { height: 100%; }";

export interface InspectServer {
  /** Listens on this machine; resolves with the page's address. */
  listen(port: number, signal: AbortSignal): Promise<string>;
  onError(listener: (error: Error) => void): void;
  close(): void;
}

interface InspectServerOptions {
  /** The name of the database, as the page's title. */
  readonly title: string;
  readonly writes: boolean;
  readonly states: InspectStates;
}

/**
 * Serves a store to the inspector's page: the protocol of sockets over server-sent events and requests. Every path begins with a random
 * token; the name of the host and the origin have to be this server's own, so that no other site's page can ask for anything.
 */
export function createInspectServer(adapter: Adapter, { title, writes, states }: InspectServerOptions): InspectServer {
  const token = randomBytes(24).toString("base64url");
  const connect = serveOverSockets(adapter);
  const connections = new Map<string, SocketConnection>();
  let port = 0;

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", headers, url = "/" } = request;
    const { pathname, searchParams } = new URL(url, `http://${HOST}`);
    const [, given = "", path = "", ...more] = pathname.split("/");
    const isAllowed = isOwnHost(headers.host) && isOwnOrigin(headers.origin) && isToken(given) && more.length === 0;
    if (!isAllowed) return end(response, 403, "forbidden");
    if (method === "GET" && path === "") return end(response, 200, html(), "text/html; charset=utf-8");
    if (method === "GET" && path === "style.css") return end(response, 200, STYLE, "text/css");
    if (method === "GET" && path === "page.js")
      return end(response, 200, readFileSync(PAGE, "utf8"), "text/javascript");
    if (method === "GET" && path === "states")
      return end(response, 200, await states.answer(searchParams), "application/json");
    if (method === "GET" && path === "events") return stream(response);
    if (method === "POST" && path === "send") return take(request, response, searchParams.get("connection") ?? "");
    return end(response, 404, "not found");
  }

  function isToken(given: string): boolean {
    const [one, other] = [Buffer.from(given), Buffer.from(token)];
    return one.length === other.length && timingSafeEqual(one, other);
  }

  /** Another name leads here, if the page of another site has it lead here (DNS rebinding). */
  function isOwnHost(host: string | undefined): boolean {
    return host === `${HOST}:${port}` || host === `localhost:${port}`;
  }

  function isOwnOrigin(origin: string | undefined): boolean {
    return origin === undefined || origin === `http://${HOST}:${port}` || origin === `http://localhost:${port}`;
  }

  function html(): string {
    return `<!doctype html>
<html lang="en" data-read-only="${writes ? "no" : "yes"}" data-projections="${escaped(JSON.stringify(states.names))}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} – rivulet</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<body><script type="module" src="page.js"></script>
`;
  }

  function stream(response: ServerResponse): void {
    const id = randomBytes(12).toString("base64url");
    response.writeHead(200, { ...HEADERS, "content-type": "text/event-stream" });
    const connection = connect((text) => response.write(`data: ${text}\n\n`));
    connections.set(id, connection);
    const beat = setInterval(() => response.write(":\n\n"), BEAT);
    response.once("close", () => {
      clearInterval(beat);
      connections.delete(id);
      connection.close();
    });
    response.write(`event: connected\ndata: ${id}\n\n`);
  }

  async function take(request: IncomingMessage, response: ServerResponse, id: string): Promise<void> {
    const connection = connections.get(id);
    if (connection === undefined) return end(response, 410, "gone");
    const text = await bodyOf(request);
    if (text === undefined) return end(response, 413, "too large");
    end(response, 202, "");
    for (const message of text.split("\n")) {
      // What is no message ends the connection, as over any socket.
      connection.receive(message).catch(() => {
        connections.delete(id);
        connection.close();
      });
    }
  }

  return {
    async listen(wanted, signal) {
      server.listen(wanted, HOST);
      await once(server, "listening", { signal });
      ({ port } = server.address() as { readonly port: number });
      return `http://${HOST}:${port}/${token}/`;
    },
    onError: (listener) => void server.on("error", listener),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function end(response: ServerResponse, status: number, body: string, type = "text/plain"): void {
  response.writeHead(status, { ...HEADERS, "content-type": type }).end(body);
}

/** The body of a request; undefined if it is too large. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > LARGEST) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
