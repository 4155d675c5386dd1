// hub.ts of docs/offline-list.md, word for word; another test compares the two.
import { serve } from "@hono/node-server";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { createHub } from "rivulet/sync/hub";
import { list } from "./list.ts";

const store = await openEventStore(betterSqlite3({ path: "hub.db" }));
const hub = createHub(store, {
  authenticate: () => "anyone", // by the headers of the request, in an application with accounts
  origins: ["http://localhost:5173"], // where the page comes from, if not from here
  deciders: { list },
});
serve({ fetch: hub.fetch, port: 8787 });
