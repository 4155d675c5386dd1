import { memory, openEventStore } from "rivulet";
import { expect, test } from "vitest";

test("a watcher of a store that closes while an event arrives gets that event or the end, and nothing else", async () => {
  for (let turns = 0; turns < 40; turns++) {
    const store = await openEventStore(memory());
    const watcher = store.watch();
    const next = watcher.next().catch((error: unknown) => error);
    await store.head();
    const append = store.stream("s").append({ type: "happened" });
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    await store.close();

    expect(await next).toSatisfy(
      (outcome: { readonly value?: { readonly type: string }; readonly code?: string }) =>
        outcome.value?.type === "happened" || outcome.code === "store-closed",
    );
    await append;
  }
});
