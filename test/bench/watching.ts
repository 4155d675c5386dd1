import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { estimate } from "./harness.ts";
import { measureRow, type Row } from "./row.ts";

const WATCHERS = 10_000;

/** From an append to those who watch. */
export async function* benchWatching(folder: string): AsyncGenerator<Row> {
  yield* benchOwnWatcher(join(folder, "own.db"));
  yield* benchCrowd(join(folder, "crowd.db"));
  yield* benchForeignWatcher(join(folder, "foreign.db"));
}

async function* benchOwnWatcher(path: string): AsyncGenerator<Row> {
  await using store = await openEventStore(betterSqlite3({ path }));
  const stream = store.stream("one");
  const watcher = stream.watch();
  await stream.append({ type: "happened" });
  await watcher.next();
  const beyond: number[] = [];
  for (let round = 0; round < 500; round++) {
    const arrival = watcher.next().then(() => performance.now());
    await stream.append({ type: "happened", data: round });
    const appended = performance.now();
    beyond.push((await arrival) - appended);
  }
  yield measureRow({
    name: "append to watcher, same process, beyond the append (median of 500)",
    value: estimate(beyond.map((milliseconds) => Math.max(0, milliseconds))),
    unit: "ms",
    atMost: 0.2,
  });
}

async function* benchCrowd(path: string): AsyncGenerator<Row> {
  await using store = await openEventStore(betterSqlite3({ path }));
  const stream = store.stream("one");
  const watchers = Array.from({ length: WATCHERS }, () => stream.watch());
  await stream.append({ type: "happened" });
  await Promise.all(watchers.map((watcher) => watcher.next()));
  const spreads: number[] = [];
  for (let round = 0; round < 30; round++) {
    const arrivals = watchers.map((watcher) => watcher.next().then(() => performance.now()));
    await turn();
    await stream.append({ type: "happened", data: round });
    const appended = performance.now();
    spreads.push(Math.max(...(await Promise.all(arrivals))) - appended);
  }
  yield measureRow({
    name: "append to the last of 10,000 watchers of one stream (median of 30)",
    value: estimate(spreads),
    unit: "ms",
    atMost: 30,
  });
}

async function* benchForeignWatcher(path: string): AsyncGenerator<Row> {
  await using store = await openEventStore(betterSqlite3({ path }));
  await store.stream("one").append({ type: "happened" });
  yield* measureForeign(store, path);
}

/** Measures a process that watches what a store appends, from where that store is. */
export async function* measureForeign(store: EventStore, path: string): AsyncGenerator<Row> {
  const child = fork(fileURLToPath(new URL("./watching-child.js", import.meta.url)), [path]);
  await once(child, "message");
  yield* measureChild(store, child);
  child.kill();
}

async function* measureChild(store: EventStore, child: ChildProcess): AsyncGenerator<Row> {
  const delays: number[] = [];
  for (let round = 0; round < 200; round++) {
    const arrival = once(child, "message") as Promise<[number]>;
    await store.stream("one").append({ type: "happened", data: round });
    const appended = performance.timeOrigin + performance.now();
    const [seen] = await arrival;
    delays.push(Math.max(0, seen - appended));
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20));
  }
  yield measureRow({
    name: "append to watcher, another process (median of 200)",
    value: estimate(delays),
    unit: "ms",
    atMost: 5,
  });
  const shares: number[] = [];
  for (let round = 0; round < 9; round++) {
    const share = once(child, "message") as Promise<[number]>;
    child.send("measure idle");
    shares.push((await share)[0]);
  }
  yield measureRow({
    name: "a watching process while nothing happens (median of 9 times 2 s)",
    value: estimate(shares),
    unit: "% of a core",
    atMost: 1,
  });
}

function turn(): Promise<void> {
  return new Promise(setImmediate);
}
