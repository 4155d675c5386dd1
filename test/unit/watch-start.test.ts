import { memory, openEventStore, type StoredEvent } from "rivulet";
import type { Adapter } from "rivulet/adapter";
import { expect, test } from "vitest";

/** A storage in memory that reads its head at once but returns it only when the test allows. */
function lateHead(): Adapter & { release(): void; readonly asked: Promise<void> } {
  let release: () => void = () => undefined;
  let ask: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const asked = new Promise<void>((resolve) => (ask = resolve));
  return {
    name: "late head",
    release,
    asked,
    async open() {
      const { storage } = await memory().open();
      const head = async (): Promise<number> => {
        const found = storage.head();
        ask();
        await released;
        return found;
      };
      return { storage: { ...storage, head }, verbs: {} };
    },
  };
}

test("events appended while a watch is still finding the head are returned, even if none follows", async () => {
  const adapter = lateHead();
  const store = await openEventStore(adapter);
  await store.stream("a").append({ type: "t", data: 1 });
  const next: Promise<IteratorResult<StoredEvent>> = store.watch({ after: 1 }).next();
  await adapter.asked;
  const { events } = await store.stream("a").append({ type: "t", data: 2 });
  adapter.release();
  expect(await next).toEqual({ value: events[0], done: false });
  await store.close();
});
