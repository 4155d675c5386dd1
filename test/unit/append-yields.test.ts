import { expect, onTestFinished, test, vi } from "vitest";

/**
 * Awaits 1,000 appends one after the other, each of which takes the storage so many milliseconds. Returns how many the queue committed
 * in each turn of the event loop.
 */
async function appendsByTurn(milliseconds: number): Promise<readonly number[]> {
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  // The package takes the clock when it is loaded.
  vi.resetModules();
  const { memory, openEventStore } = await import("rivulet");
  const { storage } = await memory().open();
  const turns: number[] = [];
  const adapter: ReturnType<typeof memory> = {
    name: "timed",
    open: async () => ({
      storage: {
        ...storage,
        append(requests) {
          now += milliseconds;
          turns.push((turns.pop() as number) + 1);
          return storage.append(requests);
        },
      },
      defer: (task) =>
        setImmediate(() => {
          turns.push(0);
          task();
        }),
      verbs: {},
    }),
  };
  const store = await openEventStore(adapter);
  onTestFinished(() => store.close());
  for (let count = 0; count < 1_000; count++) await store.stream("one").append({ type: "counted" });
  return turns.filter((appends) => appends > 0);
}

test("code that awaits one append after another yields to the event loop every two milliseconds", async () => {
  const turns = await appendsByTurn(0.125);

  expect(new Set(turns.slice(0, -1))).toEqual(new Set([17]));
});

test("appends that take long leave a turn of the event loop to other work after each", async () => {
  const turns = await appendsByTurn(2.5);

  expect(turns).toEqual(Array.from({ length: 1_000 }, () => 1));
});
