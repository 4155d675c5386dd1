import { isEventStoreError, openEventStore, type EventStore, type OpenOptions, type StoredEvent } from "rivulet";
import { defineConsumer } from "rivulet/consumers";
import { postgres, type PostgresOptions } from "rivulet/postgres";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { startProxy, type Fate, type PostgresProxy, type ProxyMessage } from "../support/postgres-proxy.ts";

/** Before a statement is run, in the middle of the message that runs it, and after it was run, before its answer. */
const CUTS = [
  { from: "client", kind: "E", fate: "cut" },
  { from: "client", kind: "B", fate: "half" },
  { from: "server", kind: "C", fate: "cut" },
] as const;

describe.skipIf(mayBeLeftOut())("a store on PostgreSQL behind a connection that fails", () => {
  const server = usePostgres();
  let schemas = 0;

  async function open(
    proxy: PostgresProxy,
    options: PostgresOptions = {},
    others: OpenOptions = {},
  ): Promise<EventStore> {
    const { connectionString } = proxy;
    return openEventStore(postgres({ connectionString, schema: `faults_${schemas}`, ...options }), others);
  }

  test.each(CUTS)(
    "executes every call once, in whichever statement the connection ends: $fate at $kind from the $from",
    async ({ from, kind, fate }) => {
      const proxy = await startProxy(server());
      let reached = true;
      // In every statement of one run, one after the other.
      for (let at = 1; reached; at++) {
        schemas += 1;
        reached = false;
        let count = 0;
        await using store = await open(proxy);
        proxy.decide((message) => {
          if (message.from !== from || message.kind !== kind || ++count !== at) return "pass";
          reached = true;
          return fate;
        });

        const done = await useStore(store);

        proxy.decide(() => "pass");
        expect(done, `in statement ${at}`).toEqual(EXPECTED);
      }
    },
  );

  test("executes every call once while messages are delayed, some of them for longer than others", async () => {
    schemas += 1;
    const proxy = await startProxy(server());
    let count = 0;
    proxy.decide(() => (++count % 3 === 0 ? "delay" : "pass"));
    await using store = await open(proxy);

    expect(await useStore(store)).toEqual(EXPECTED);
  });

  test("treats a connection that does not answer as lost", async () => {
    schemas += 1;
    const proxy = await startProxy(server());
    await using store = await open(proxy, { busyTimeout: 100 });
    let dropped = false;
    const dropOnce =
      (kind: string) =>
      (message: ProxyMessage): Fate => {
        if (dropped || message.from !== "server" || message.kind !== kind) return "pass";
        dropped = true;
        return "drop";
      };

    // The answer that a statement is complete.
    proxy.decide(dropOnce("Z"));
    const { position } = await store.stream("a").append({ type: "noted" });
    expect([position, dropped]).toEqual([1, true]);

    expect(await store.read().toArray()).toHaveLength(1);
  });

  test("a connection that never gets through its handshake is given up, also that of a pool without a time limit", async () => {
    const [mute, halting] = [await startProxy(server()), await startProxy(server())];
    mute.decide(({ from }) => (from === "server" ? "drop" : "pass"));
    const pool = new pg.Pool({ connectionString: mute.connectionString });
    onTestFinished(() => pool.end());
    // It would wait for ever for those that are being made.
    onTestFinished(() => mute.cutAll());
    const refused = expect(openEventStore(postgres({ pool, schema: "never", busyTimeout: 50 }))).rejects.toMatchObject({
      code: "storage-unavailable",
      details: { reason: "connection" },
    });

    schemas += 1;
    const limitless = new pg.Pool({ connectionString: halting.connectionString });
    limitless.on("error", () => undefined);
    onTestFinished(() => limitless.end());
    await using store = await openEventStore(
      postgres({ pool: limitless, schema: `faults_${schemas}`, busyTimeout: 50 }),
    );
    await using other = await openEventStore(
      postgres({ connectionString: server().connectionString, schema: `faults_${schemas}` }),
    );
    let begun = 0;
    // Of what the server says nothing arrives until another connection is made.
    halting.decide(({ from, kind }) => {
      if (from === "client" && kind === "") begun += 1;
      return from === "server" && begun === 1 ? "drop" : "pass";
    });
    const watch = store.watch();
    await other.stream("a").append({ type: "noted" });
    expect((await watch.next()).value).toMatchObject({ position: 1 });
    await expect.poll(() => begun, { interval: 5 }).toBeGreaterThan(1);
    await other.stream("a").append({ type: "noted" });
    expect((await watch.next()).value).toMatchObject({ position: 2 });

    await refused;
  });

  // Authentication, a setting of the server, the number of its process, and that it is ready.
  test.each(["R", "S", "K", "Z"])("a connection that is cut in its handshake is made again: at %s", async (kind) => {
    for (const fate of ["cut", "half"] as const) {
      schemas += 1;
      const proxy = await startProxy(server());
      let cuts = 0;
      const cutOnce = (message: ProxyMessage): Fate =>
        message.from === "server" && message.kind === kind && cuts++ === 0 ? fate : "pass";
      proxy.decide(cutOnce);
      await using store = await open(proxy);
      expect(cuts).toBeGreaterThan(1);
      proxy.cutAll();
      cuts = 0;

      const appended = await Promise.all([1, 2, 3].map((data) => store.stream("a").append({ type: "noted", data })));

      expect(appended.map(({ position }) => position)).toEqual([1, 2, 3]);
      expect(await store.head()).toBe(3);
    }
  });

  test("an append with an unknown outcome rejects with its ids, and repeated with them it is stored once", async () => {
    schemas += 1;
    const proxy = await startProxy(server());
    await using store = await open(proxy, { busyTimeout: 50 });
    let sent = false;
    proxy.decide(({ from, kind }) => {
      if (from === "client" && kind === "B") sent = true;
      return sent && from === "server" ? "cut" : "pass";
    });

    const error = await store
      .stream("a")
      .append({ type: "noted", data: 1 })
      .catch((thrown: unknown) => thrown);

    proxy.decide(() => "pass");
    if (!isEventStoreError(error, "outcome-unknown")) throw error;
    const [id] = error.details.ids;
    const again = await store.stream("a").append({ type: "noted", data: 1, id: id as string });
    expect(again).toMatchObject({ position: 1, deduplicated: 1 });
    expect(await store.head()).toBe(1);
  });

  test("watchers catch up after their connection was lost, and get later events", async () => {
    schemas += 1;
    const proxy = await startProxy(server());
    await using store = await open(proxy);
    await using other = await openEventStore(
      postgres({ connectionString: server().connectionString, schema: `faults_${schemas}` }),
    );
    const seen: number[] = [];
    const watching = (async () => {
      for await (const { position } of store.watch()) if (seen.push(position) === 6) break;
    })();
    for (let round = 0; round < 3; round++) {
      await other.stream("a").append({ type: "noted" });
      await expect.poll(() => seen.length, { interval: 5 }).toBe(2 * round + 1);
      proxy.cutAll();
      await other.stream("a").append({ type: "noted" });
      await expect.poll(() => seen.length, { interval: 5 }).toBe(2 * round + 2);
    }
    await watching;
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("news is read at intervals if notifications do not arrive", async () => {
    schemas += 1;
    const proxy = await startProxy(server());
    // The answer to NOTIFY is heard, a notification is not, as behind a pooler that shares connections.
    proxy.decide(({ from, kind }) => (from === "server" && kind === "A" ? "drop" : "pass"));
    await using store = await open(proxy);
    await using other = await openEventStore(
      postgres({ connectionString: server().connectionString, schema: `faults_${schemas}` }),
    );
    const watch = store.watch();
    for (const position of [1, 2, 3]) {
      await other.stream("a").append({ type: "noted" });
      expect((await watch.next()).value).toMatchObject({ position });
    }
  });
});

/** What {@link useStore} returns if every call has taken effect once. */
const EXPECTED = {
  positions: [1, 2, 3, 4, 5],
  ids: ["a", "b", "c", "d", "e"],
  versions: [1, 2, 3, 1, 2],
  conflict: 3,
  snapshot: { version: 2, state: { n: 2 } },
  streams: ["one", "two"],
  handled: ["a", "b", "c", "d", "e"],
};

/** Uses every verb of a store that needs no read models. */
async function useStore(store: EventStore): Promise<typeof EXPECTED> {
  const [one, two] = [store.stream("one"), store.stream("two")];
  await one.append({ type: "noted", id: "a" }, { expectedVersion: 0 });
  await one.append([
    { type: "noted", id: "b" },
    { type: "noted", id: "c" },
  ]);
  await two.append({ type: "noted", id: "d" });
  await two.append({ type: "noted", id: "e" }, { expectedVersion: "stream-exists" });
  const conflict: unknown = await one
    .append({ type: "noted" }, { expectedVersion: 1 })
    .catch((error: unknown) => error);
  await one.saveSnapshot({ projection: "p", version: 2, state: { n: 2 } });
  const snapshot = await one.loadSnapshot("p");
  const handled: string[] = [];
  const consumer = store.consume(
    defineConsumer({
      name: "handled",
      lease: 200,
      handler: ({ id }) => void handled.push(id),
    }),
  );
  await consumer.caughtUp();
  await consumer.close();
  const events: StoredEvent[] = await store.read().toArray();
  return {
    positions: events.map(({ position }) => position),
    ids: events.map(({ id }) => id),
    versions: events.map(({ version }) => version),
    conflict: isEventStoreError(conflict, "version-conflict") ? conflict.details.actual : 0,
    snapshot: { version: snapshot?.version ?? 0, state: snapshot?.state as { n: number } },
    streams: await streamNames(store),
    handled: [...new Set(handled)],
  };
}

async function streamNames(store: EventStore): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of store.streams()) names.push(name);
  return names;
}
