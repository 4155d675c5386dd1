import { join } from "node:path";
import { memory, openEventStore, type Adapter, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary.ts";

/**
 * A process that ends with an error prints its stack. Without the application's own function in it, the call cannot be
 * found.
 */
const ADAPTERS: Readonly<Record<string, () => Adapter>> = {
  memory: () => memory(),
  inline: () => betterSqlite3(),
  worker: () => betterSqlite3({ path: join(temporaryFolder(), "events.db"), worker: true }),
};

const CALLS: Readonly<Record<string, (store: EventStore) => Promise<unknown>>> = {
  async "a version conflict"(store) {
    await store.stream("a").append({ type: "x" }, { expectedVersion: 7 });
  },
  async "a conflict with events that are told"(store) {
    await store.stream("a").append({ type: "x" }, { expectedVersion: "no-stream" });
  },
  async "a conflict of ids"(store) {
    await store.stream("a").append({ type: "other", id: "taken" });
  },
  async "an append over several streams"(store) {
    await store.append([{ stream: "b", events: { type: "x" }, expectedVersion: 3 }]);
  },
};

describe.each(Object.keys(ADAPTERS))(
  "the stack of a refused append names the function that awaits it: %s",
  (adapter) => {
    test.each(Object.keys(CALLS))("%s", async (call) => {
      await using store = await openEventStore((ADAPTERS[adapter] as () => Adapter)());
      await store.stream("a").append([{ type: "x", id: "taken" }]);

      const waitsForIt = async (): Promise<void> => void (await (CALLS[call] as (store: EventStore) => unknown)(store));
      const { stack } = await waitsForIt().then(
        () => new Error("it resolved"),
        (error: unknown) => error as Error,
      );

      expect(stack).toMatch(/at (?:async )?waitsForIt/);
    });
  },
);
