import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compare, estimate, median } from "./harness.ts";
import { openPair } from "./pair.ts";
import { durationRow, formatNumber, measureRow, type Row } from "./row.ts";

const WATCHERS = 10_000;

/** From an append to those who watch. */
export async function* benchWatching(folder: string): AsyncGenerator<Row> {
  yield* benchOwnWatcher(join(folder, "own.db"));
  yield* benchWatchedAppend(join(folder, "watched"));
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

/** From the call of an append until the watcher has the event, by turns with the same by hand, for which nobody checks or orders anything. */
async function* benchWatchedAppend(path: string): AsyncGenerator<Row> {
  const { store, write, close } = await openPair(path, "normal");
  const stream = store.stream("one");
  const watcher = stream.watch();
  const times: { ours: number; theirs: number }[] = [];
  for (let round = 0; round < 500; round++) {
    await turn();
    const called = performance.now();
    const arrival = watcher.next().then(() => performance.now());
    await stream.append({ type: "happened", data: round });
    const ours = (await arrival) - called;
    await turn();
    times.push({ ours, theirs: await timeRaw(write) });
  }
  const raw = median(times.map(({ theirs }) => theirs));
  yield measureRow({
    name: "append to watcher, same process, NORMAL (median of 500)",
    value: estimate(times.map(({ ours }) => ours)),
    unit: "ms",
    detail: `a callback after a raw commit ${formatNumber(raw)} ms`,
    atMost: 0.35,
  });
  await close();
}

/** Resolves with how long a commit by hand takes until a callback is called for it, in milliseconds. */
function timeRaw(write: (size: number) => void): Promise<number> {
  return new Promise((resolve) => {
    const called = performance.now();
    write(1);
    queueMicrotask(() => resolve(performance.now() - called));
  });
}

/** Starts loops over a stream as users write them, each with a signal of its own. They end with the store. */
export function startCrowd(
  store: EventStore,
  watchers = WATCHERS,
): { readonly append: () => Promise<void>; readonly callbacks: () => void } {
  const stream = store.stream("one");
  let left = 0;
  let seen = 0;
  let done = (): void => undefined;
  const take = (version: number): void => {
    seen += version;
    if (--left === 0) done();
  };
  const loop = async (): Promise<void> => {
    for await (const { version } of stream.watch({ signal: new AbortController().signal })) take(version);
  };
  for (let watcher = 0; watcher < watchers; watcher++) loop().catch(() => undefined);
  const all = Array.from({ length: WATCHERS }, () => (version: number) => take(version));
  return {
    /** Appends an event, and waits until the last loop has it. */
    async append() {
      left = watchers;
      const last = new Promise<void>((resolve) => (done = resolve));
      await stream.append({ type: "happened", data: seen });
      await last;
    },
    /** Calls as many callbacks as there would be loops. */
    callbacks() {
      left = WATCHERS;
      for (const call of all) call(1);
    },
  };
}

async function* benchCrowd(path: string): AsyncGenerator<Row> {
  const { store, write, close } = await openPair(path, "normal");
  const { append, callbacks } = startCrowd(store);
  const ours = {
    prepare: turn,
    async run(): Promise<number> {
      await append();
      return 1;
    },
  };
  const theirs = {
    prepare: turn,
    run(): number {
      write(1);
      callbacks();
      return 1;
    },
  };
  yield durationRow(
    await compare("append to the last of 10,000 loops over one stream", ours, theirs, {
      against: "a raw commit, then 10,000 callbacks",
    }),
    5,
  );
  await close();
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
