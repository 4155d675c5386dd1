import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { wrapVerbs, type Adapter } from "rivulet/adapter";
import { expect, onTestFinished, test } from "vitest";

/** The common interface of everything that is started and closed. */
interface Started {
  readonly error: unknown;
  readonly ended: Promise<void>;
  caughtUp(position?: number): Promise<unknown>;
  close(): unknown;
  subscribe?(listener: () => void): () => void;
}

type Start = (store: EventStore, signal: AbortSignal) => Started | Promise<Started>;

const noted = table("noted", "position INTEGER PRIMARY KEY");
const notes = defineReadModel({
  name: "notes",
  tables: [noted],
  on: { noted: ({ position }) => sql`INSERT INTO ${noted} VALUES (${position})` },
});

const KINDS: readonly (readonly [string, Start])[] = [
  [
    "a live projection",
    (store, signal) => {
      const count = defineProjection({ name: "count", initial: () => 0, on: { noted: (state: number) => state + 1 } });
      return store.project(count, { signal });
    },
  ],
  [
    "a live query",
    async (store, signal) => (await store.readModel(notes)).live(sql`SELECT position FROM ${noted}`, { signal }),
  ],
  ["a read model", (store, signal) => store.readModel(notes, { signal })],
  ["a consumer", (store, signal) => store.consume(defineConsumer({ name: "c", handler: () => undefined }), { signal })],
];

async function start(how: Start): Promise<{ store: EventStore; controller: AbortController; started: Started }> {
  const store = await openEventStore(betterSqlite3());
  onTestFinished(() => store.close());
  await store.stream("s").append({ type: "noted" });
  const controller = new AbortController();
  const started = await how(store, controller.signal);
  await started.caughtUp();
  return { store, controller, started };
}

test.each(KINDS)("%s that is closed has no error, waits for nothing more, and may be closed again", async (_, how) => {
  const { store, started } = await start(how);

  await started.close();
  await started.close();
  await store.stream("s").append({ type: "noted" });

  expect(started.error).toBeUndefined();
  await expect(started.caughtUp()).rejects.toMatchObject({ code: "store-closed" });
});

test.each(KINDS)(
  "%s that is closed at the head has reached its position, and will not reach the head",
  async (_, how) => {
    const { started } = await start(how);

    await started.close();

    await started.caughtUp(1);
    await expect(started.caughtUp()).rejects.toMatchObject({ code: "store-closed" });
    await expect(started.caughtUp(2)).rejects.toMatchObject({ code: "store-closed" });
  },
);

test.each(KINDS)("%s that is aborted has the reason as its error, also if it is closed afterwards", async (_, how) => {
  const { store, controller, started } = await start(how);
  const reason = new Error("enough");

  controller.abort(reason);
  await started.close();
  await store.stream("s").append({ type: "noted" });

  expect(started.error).toBe(reason);
  await expect(started.caughtUp()).rejects.toBe(reason);
});

test.each(KINDS)("%s ends with its store, whose end is its error", async (_, how) => {
  const { store, started } = await start(how);

  await store.close();

  expect(started.error).toMatchObject({ code: "store-closed" });
});

test.each(KINDS)("%s keeps the first reason: aborted after it was closed, it has no error", async (_, how) => {
  const { controller, started } = await start(how);

  await started.close();
  controller.abort(new Error("late"));

  expect(started.error).toBeUndefined();
});

test.each(KINDS)('%s: "ended" resolves once it is closed, and once its store is', async (_, how) => {
  const { started } = await start(how);
  const other = await start(how);

  await started.close();
  await other.store.close();

  await expect(started.ended).resolves.toBeUndefined();
  await expect(other.started.ended).resolves.toBeUndefined();
});

test.each(KINDS)('%s: "ended" rejects with the error that ended it, and nobody has to look', async (_, how) => {
  const unhandled: unknown[] = [];
  const hear = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", hear);
  onTestFinished(() => void process.off("unhandledRejection", hear));
  const { controller, started } = await start(how);
  const reason = new Error("enough");

  controller.abort(reason);
  await started.close();
  await new Promise(setImmediate);

  expect(unhandled).toEqual([]);
  await expect(started.ended).rejects.toBe(reason);
});

test.each(KINDS.filter(([name]) => name !== "a read model"))(
  "%s calls a listener once for each of its subscriptions, and each unsubscribe removes one",
  async (_, how) => {
    const { store, started } = await start(how);
    let told = 0;
    const listener = (): void => void told++;
    const leave = started.subscribe?.(listener);
    started.subscribe?.(listener);
    const next = async (): Promise<number> => {
      told = 0;
      await store.stream("s").append({ type: "noted" });
      await started.caughtUp();
      return told;
    };

    const twice = await next();
    leave?.();
    const once = await next();

    expect([twice, once]).toEqual([once * 2, once]);
    expect(once).toBeGreaterThan(0);
  },
);

/** For each kind of handle, the storage call that it writes with, and a function that starts it. */
const WRITERS: readonly (readonly [string, string, Start])[] = [
  ["a read model", "applyToModel", (store) => store.readModel(notes)],
  ["a consumer", "moveConsumer", (store) => store.consume(defineConsumer({ name: "c", handler: () => undefined }))],
];

test.each(WRITERS)("a store that closes waits for a write of %s, and for its leases", async (_, write, how) => {
  const calls: string[] = [];
  let atGate: (() => void) | undefined;
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const { name, open: openInner } = betterSqlite3();
  const adapter: Adapter = {
    name,
    async open() {
      const inner = await openInner();
      const storage = wrapVerbs(inner.storage, (verb, called) => async (argument) => {
        if (called === write && atGate !== undefined) {
          atGate();
          await gate;
        }
        const answer = await verb(argument);
        if (called === write || called === "releaseLease") calls.push(called);
        return answer;
      });
      const close = (): Promise<void> => {
        calls.push("close");
        return inner.storage.close();
      };
      return { ...inner, storage: { ...storage, close } };
    },
  };
  const store = await openEventStore(adapter);
  const started = await how(store, new AbortController().signal);
  await started.caughtUp();
  calls.length = 0;
  const reached = new Promise<void>((resolve) => (atGate = resolve));
  await store.stream("s").append({ type: "noted" });
  await reached;

  const closing = store.close();
  await new Promise((resolve) => setImmediate(resolve));
  const before = calls.includes("close");
  open();
  await closing;

  expect(before).toBe(false);
  expect(calls.at(-1)).toBe("close");
  expect(calls).toContain(write);
  expect(calls).toContain("releaseLease");
});
