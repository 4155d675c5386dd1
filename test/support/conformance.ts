import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3, type BetterSqlite3Options } from "rivulet/better-sqlite3";
import { conformanceCases, type ConformanceHarness } from "rivulet/testing";
import { describe, test } from "vitest";
import { countInMatrix } from "./count-in-matrix.ts";
import type { MatrixName } from "./matrix.ts";
import { temporaryPath } from "./temporary.ts";

/**
 * Runs every conformance case over one adapter, under its name. `row`: the row of the table in docs/tested.md that counts them. `failing`: the names
 * of cases that the adapter cannot pass yet. Each has to fail, so that none stays here when it passes.
 */
export function describeConformance(
  name: string,
  harness: ConformanceHarness,
  row?: MatrixName,
  failing: readonly string[] = [],
): void {
  describe(name, () => {
    if (row !== undefined) countInMatrix(row, "conformance");
    for (const { name: behaviour, run } of conformanceCases(harness)) {
      if (failing.includes(behaviour)) test.fails(behaviour, run);
      else test(behaviour, run);
    }
  });
}

/** A harness for stores on files, each in its own folder. */
export function onFiles(settings: BetterSqlite3Options): ConformanceHarness {
  const paths = new WeakMap<EventStore, string>();
  const openAt = async (path: string, options: Parameters<ConformanceHarness["open"]>[0]): Promise<EventStore> => {
    const store = await openEventStore(betterSqlite3({ ...settings, path }), options);
    paths.set(store, path);
    return store;
  };
  const again: NonNullable<ConformanceHarness["reopen"]> = (store, options) =>
    openAt(paths.get(store) as string, options);
  return {
    open: (options) => openAt(temporaryPath(), options),
    reopen: again,
    alongside: again,
    sql: true,
    limits: true,
  };
}
