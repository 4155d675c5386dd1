/** An append that is aborted while its commit is under way. */
import { openEventStore, type Adapter } from "rivulet";
import type { AppendOutcome, AppendRequest, EventStorage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineDecider } from "rivulet/deciders";
import { expect, onTestFinished, test } from "vitest";

/** An adapter whose commits end when they are told to, and what was asked of its storage. */
function heldAdapter(): { readonly adapter: Adapter; readonly asked: AppendRequest[][]; hold(): Held } {
  const asked: AppendRequest[][] = [];
  let held: Held | undefined;
  const adapter: Adapter = {
    name: "held",
    async open() {
      const { storage, ...rest } = await betterSqlite3().open();
      const append: EventStorage["append"] = async (requests) => {
        asked.push([...requests]);
        held?.begin();
        const outcomes: readonly AppendOutcome[] = await storage.append(requests);
        await held?.ended;
        return outcomes;
      };
      return { ...rest, storage: { ...storage, append } };
    },
  };
  return { adapter, asked, hold: () => (held = createHeld()) };
}

interface Held {
  readonly begun: Promise<void>;
  readonly ended: Promise<void>;
  begin(): void;
  end(): void;
}

function createHeld(): Held {
  let begin = (): void => undefined;
  let end = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { begun, ended, begin: () => begin(), end: () => end() };
}

const taken = "0b1f6c6e-3f0e-4a7e-8a53-000000000001";
const decider = defineDecider({ initial: () => 0, evolve: {}, decide: () => ({ type: "x" }) });

type Store = Awaited<ReturnType<typeof openEventStore>>;

/** Appends whose outcome is a refusal. */
const APPENDS: Record<string, (store: Store, signal: AbortSignal) => Promise<unknown>> = {
  "to a stream": (store, signal) => store.stream("a").append({ type: "x" }, { expectedVersion: 7, signal }),
  "to several streams": (store, signal) =>
    store.append([{ stream: "a", events: { type: "x" }, expectedVersion: "no-stream" }], { signal }),
  "of a command": (store, signal) => store.stream("b").execute(decider, undefined, { signal }),
  "with an id that is stored already": (store, signal) => store.stream("b").append({ type: "x" }, { signal }),
};

test.each(Object.keys(APPENDS))(
  "an append %s that is aborted during its commit and refused then rejects once, and asks for no more",
  async (name) => {
    const unseen: unknown[] = [];
    const see = (error: unknown): void => void unseen.push(error);
    process.on("unhandledRejection", see);
    onTestFinished(() => void process.off("unhandledRejection", see));
    const { adapter, asked, hold } = heldAdapter();
    await using store = await openEventStore(adapter, { newId: () => taken });
    await store.stream("a").append({ type: "x" });
    asked.length = 0;
    const held = hold();
    const abort = new AbortController();

    const appended = (APPENDS[name] as (typeof APPENDS)[string])(store, abort.signal);
    await Promise.race([held.begun, appended.catch(() => undefined)]);
    abort.abort();
    await expect(appended).rejects.toMatchObject({ name: "AbortError" });
    held.end();
    await store.stream("c").append({ type: "y", id: "another" });
    // What nobody has seen is reported after the microtasks.
    await new Promise(setImmediate);

    expect(unseen).toEqual([]);
    expect(asked.map((requests) => requests.length)).toEqual([1, 1]);
  },
);
