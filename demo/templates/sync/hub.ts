/** The hub, which orders the events of all browsers and decides their commands again, and the page that `npm run build` has made. */
import { serve } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { openEventStore } from "rivulet";
import { sqlite } from "rivulet/node";
import { createHub } from "rivulet/sync/hub";
import { list } from "./src/list.ts";

const store = await openEventStore(sqlite({ path: "hub.db" }));
const hub = createHub(store, {
  authenticate: () => "anyone", // by the headers of the request, in an application with accounts
  deciders: { list },
});

const app = new Hono();
app.post("/sync/*", ({ req }) => hub.fetch(req.raw));
app.use("/*", serveStatic({ root: "./dist" }));

const server = serve({ fetch: app.fetch, port: Number(process.env["PORT"] ?? 8787) }, ({ port }) =>
  console.log(`http://127.0.0.1:${port}`),
);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    server.close();
    await hub.close();
    await store.close();
    // Browsers keep theirs open, and ask again on them.
    if ("closeAllConnections" in server) server.closeAllConnections();
  });
}
