/** A hub of the bank's accounts in a process of its own, which is killed. Arguments: the file or the address of PostgreSQL, the port (0: any). */
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { postgres } from "rivulet/postgres";
import { createHub } from "rivulet/sync/hub";
import { bank } from "../sync/bank.ts";
import { listen } from "../sync/node-listener.ts";

const [path = "", port = "0"] = process.argv.slice(2);

const store = await openEventStore(
  path.startsWith("postgres:") ? postgres({ connectionString: path }) : betterSqlite3({ path }),
);
const hub = createHub(store, {
  authenticate: (request) => request.headers.get("authorization") ?? undefined,
  mayAppend: () => true,
  deciders: { bank },
  limits: { heartbeat: 500 },
});
const { url } = await listen(hub, Number(port));
console.log(`listening ${url}`);
