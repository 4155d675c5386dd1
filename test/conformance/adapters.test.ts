import { memory, openEventStore } from "rivulet";
import { betterSqlite3, type BetterSqlite3Options } from "rivulet/better-sqlite3";
import { conformanceCases, type ConformanceHarness } from "rivulet/testing";
import { describe, test } from "vitest";
import type { EventStore } from "rivulet";
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
  return { open: (options) => openAt(temporaryPath(), options), reopen: again, alongside: again };
}

const harnesses: Readonly<Record<string, ConformanceHarness>> = {
  memory: { open: (options) => openEventStore(memory(), options) },
  "better-sqlite3 in memory": { open: (options) => openEventStore(betterSqlite3(), options) },
  "better-sqlite3 on a file": onFiles({}),
  "better-sqlite3 on a file, durability normal": onFiles({ durability: "normal" }),
};

for (const [name, harness] of Object.entries(harnesses)) {
  describe(name, () => {
    for (const { name: behaviour, run } of conformanceCases(harness)) test(behaviour, run);
  });
}
