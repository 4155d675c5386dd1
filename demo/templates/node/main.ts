/** A service: `POST /counters/a` counts, `GET /counters/a` tells the number, `GET /events` sends every event as it comes. */
import { createServer } from "node:http";
import { isEventStoreError, openEventStore } from "rivulet";
import { sqlite } from "rivulet/node";
import { counting, Refused, total, type CounterEvent } from "./counter.ts";

const store = await openEventStore(sqlite({ path: "app.db" }));

const server = createServer((request, response) => {
  const [, kind, name] = (request.url ?? "").split("/");
  const answer = async (): Promise<unknown> => {
    if (kind === "events") return watch();
    if (kind !== "counters" || !name) return response.writeHead(404).end();
    const counter = store.stream<CounterEvent>(`counter-${decodeURIComponent(name)}`);
    const { state, version } =
      request.method === "POST" ? await counter.execute(counting, { add: 1 }) : await counter.load(total);
    return response.setHeader("content-type", "application/json").end(JSON.stringify({ state, version }));
  };
  // Server-sent events: first the history, then each new event. After a pause the browser says which it has seen.
  const watch = async (): Promise<void> => {
    response.setHeader("content-type", "text/event-stream").flushHeaders();
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const after = Number(request.headers["last-event-id"] ?? 0);
    for await (const { position, stream, type, data } of store.watch({ after, signal: gone.signal })) {
      response.write(`id: ${position}\ndata: ${JSON.stringify({ stream, type, data })}\n\n`);
    }
  };
  answer().catch((error: unknown) => {
    if (!response.headersSent) response.writeHead(isRefused(error) ? 400 : 500);
    if (!response.destroyed) response.end(String(error));
  });
});

/** What the command refuses, and a name that cannot be one, is no fault of the service. */
function isRefused(error: unknown): boolean {
  return error instanceof Refused || error instanceof URIError || isEventStoreError(error, "invalid-argument");
}

server.listen(Number(process.env["PORT"] ?? 3000), "127.0.0.1", () => {
  const { port } = server.address() as { port: number };
  console.log(`http://127.0.0.1:${port}`);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    // Commits what was accepted.
    void store.close();
  });
}
