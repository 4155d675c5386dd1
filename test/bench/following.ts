import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { createHub } from "rivulet/sync/hub";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { listen } from "../support/sync/node-listener.ts";
import { estimate } from "./harness.ts";
import { measureRow, type Row } from "./row.ts";

const PROCESSES = 2;
const CONNECTIONS = 500;

/** From an append at a hub to the last of many HTTP clients that follow it, in other processes. */
export async function* benchFollowing(folder: string): AsyncGenerator<Row> {
  await using store = await openEventStore(betterSqlite3({ path: join(folder, "followed.db") }));
  let client = 0;
  await using hub = createHub(store, { authenticate: () => ++client });
  const { url, server } = await listen(hub);
  const children = Array.from({ length: PROCESSES }, () =>
    fork(fileURLToPath(new URL("./following-child.js", import.meta.url)), [url, `${CONNECTIONS}`]),
  );
  await Promise.all(children.map((child) => once(child, "message")));
  const spreads: number[] = [];
  for (let round = 0; round < 30; round++) {
    const told = Promise.all(children.map(arrival));
    await store.stream("one").append({ type: "happened", data: round });
    const appended = performance.timeOrigin + performance.now();
    spreads.push(Math.max(...(await told)) - appended);
  }
  for (const child of children) child.kill();
  await server.close();
  const all = (PROCESSES * CONNECTIONS).toLocaleString("en");
  yield measureRow({
    name: `an append at the hub until the last of ${all} HTTP clients in ${PROCESSES} other processes has the event (median of 30)`,
    value: estimate(spreads),
    unit: "ms",
    atMost: 100,
  });
}

async function arrival(child: ChildProcess): Promise<number> {
  const [at] = (await once(child, "message")) as [number];
  return at;
}
