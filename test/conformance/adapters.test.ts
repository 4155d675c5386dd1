import { memory, openEventStore } from "rivulet";
import { betterSqlite3, type BetterSqlite3Options } from "rivulet/better-sqlite3";
import { conformanceCases, type ConformanceHarness } from "rivulet/testing";
import { describe, test } from "vitest";
import type { EventStore } from "rivulet";
import { overChannel } from "../support/remote-adapter.ts";
import { temporaryPath } from "../support/temporary.ts";

/** Stores on files, each in a folder of its own. */
function onFiles(settings: BetterSqlite3Options): ConformanceHarness {
  const paths = new WeakMap<EventStore, string>();
  const openAt = async (path: string, options: Parameters<ConformanceHarness["open"]>[0]): Promise<EventStore> => {
    const store = await openEventStore(betterSqlite3({ ...settings, path }), options);
    paths.set(store, path);
    return store;
  };
  const again: NonNullable<ConformanceHarness["reopen"]> = (store, options) =>
    openAt(paths.get(store) as string, options);
  return { open: (options) => openAt(temporaryPath(), options), reopen: again, alongside: again, sql: true };
}

const harnesses: Readonly<Record<string, ConformanceHarness>> = {
  memory: { open: (options) => openEventStore(memory(), options) },
  "better-sqlite3 in memory": { open: (options) => openEventStore(betterSqlite3(), options), sql: true },
  "better-sqlite3 on a file": onFiles({}),
  "better-sqlite3 on a file, durability normal": onFiles({ durability: "normal" }),
  "better-sqlite3 on a file, in a worker": onFiles({ worker: true }),
  "better-sqlite3 in memory, in a worker": {
    open: (options) => openEventStore(betterSqlite3({ worker: true }), options),
    sql: true,
  },
  "memory, over a message channel that holds messages up": {
    open: (options) => openEventStore(overChannel(memory(), { delay: createDelays() }), options),
  },
};

/** Zero to three turns, in a sequence that is the same at every run. */
function createDelays(): () => number {
  let state = 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state % 4;
  };
}

for (const [name, harness] of Object.entries(harnesses)) {
  describe(name, () => {
    for (const { name: behaviour, run } of conformanceCases(harness)) test(behaviour, run);
  });
}
