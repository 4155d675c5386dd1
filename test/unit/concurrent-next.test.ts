import { isEventStoreError, memory, openEventStore } from "rivulet";
import { expect, test } from "vitest";

test("concurrent calls of next each get one event in order, or the end", async () => {
  await using store = await openEventStore(memory());
  await store.stream("s").append([{ type: "a" }, { type: "b" }]);
  const reader = store.read();

  const answers = await Promise.all([reader.next(), reader.next(), reader.next(), reader.next()]);

  expect(answers.map(({ done, value }) => (done === true ? "end" : (value as { type: string }).type))).toEqual([
    "a",
    "b",
    "end",
    "end",
  ]);
});

test("concurrent calls of next on one watcher get one event each, in order", async () => {
  await using store = await openEventStore(memory());
  const watcher = store.watch({ after: "head" });
  const waiting = [watcher.next(), watcher.next(), watcher.next()];

  for (const type of ["a", "b", "c"]) await store.stream("s").append({ type });

  const types = (await Promise.all(waiting)).map(({ value }) => (value as { type: string }).type);
  expect(types).toEqual(["a", "b", "c"]);
});

test("a watch that is left while it starts never becomes live", async () => {
  await using store = await openEventStore(memory());
  // Another watcher keeps the notifier running.
  const other = store.watch({ after: "head" });
  const next = other.next();
  let live = 0;

  for (let turns = 0; turns < 20; turns++) {
    const watcher = store.stream(`s-${turns}`).watch({ after: "head", onCaughtUp: () => (live -= 1) });
    const waiting = watcher.next();
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    const before = live;
    await watcher.return?.();
    expect((await waiting).done).toBe(true);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect(live).toBe(before);
  }
  await other.return?.();
  await next;
});

test("an invalid id returned by newId is refused", async () => {
  for (const id of ["", "x".repeat(256), "a\0b", "\ud800"]) {
    await using store = await openEventStore(memory(), { newId: () => id });

    const error: unknown = await store
      .stream("s")
      .append({ type: "a" })
      .catch((reason: unknown) => reason);

    expect(isEventStoreError(error, "invalid-event")).toBe(true);
    expect(await store.head()).toBe(0);
  }
});
