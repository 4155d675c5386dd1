/**
 * The counters of the page, in Node: the same definitions over a better-sqlite3 file, asked over HTTP and followed by
 * server-sent events. It serves the built page too, where it is told where that is.
 *
 *     node .build/demo/node-service.js --page .build/page
 *     curl localhost:4173/api/counters
 *     curl -N localhost:4173/api/live
 */
import { mkdirSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { openCounterService } from "./counter/open-service.ts";
import { answerCall } from "./service/answer.ts";
import { serveFiles } from "./service/files.ts";
import { sendLive } from "./service/live.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "4173" },
    file: { type: "string", default: ".data/counters.db" },
    page: { type: "string" },
  },
});

mkdirSync(dirname(values.file), { recursive: true });
const store = await openEventStore(betterSqlite3({ path: values.file }));
const service = await openCounterService(store);
const servePage = values.page === undefined ? undefined : serveFiles(values.page);

const server = createServer((request, response) => {
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  if (isForeign(request)) response.writeHead(403).end();
  else if (path === "/api/live") sendLive(service, response);
  else if (path === "/api/counters") sendCounters(response);
  else if (path.startsWith("/api/")) void answerCall(service, path.slice("/api/".length), request, response);
  else if (servePage?.(path, response) !== true) response.writeHead(404).end();
});

server.once("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EADDRINUSE") throw error;
  console.error(`port ${values.port} is taken: choose another one with --port, such as npm start -- --port 8080`);
  process.exitCode = 1;
  void service.close();
});
server.listen(Number(values.port), "127.0.0.1", () => {
  console.log(`the counters are at http://localhost:${(server.address() as AddressInfo).port}/`);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    void service.close();
  });
}

function sendCounters(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(service.counters.state, null, 2));
}

/** Another site's page may not write here, nor one that has bent a name of its own to this machine. */
function isForeign({ headers: { origin, host = "" } }: IncomingMessage): boolean {
  const local = /^(localhost|127\.0\.0\.1)(:\d+)?$/;
  return !local.test(host) || (origin !== undefined && !local.test(origin.replace(/^http:\/\//, "")));
}
