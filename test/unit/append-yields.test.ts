import { memory, openEventStore } from "rivulet";
import { expect, onTestFinished, test } from "vitest";

/** Awaits appends of so many events one after the other. Returns how many the queue committed in each turn of the event loop. */
async function appendsByTurn(appends: number, size: number): Promise<readonly number[]> {
  const { storage } = await memory().open();
  const turns: number[] = [];
  const adapter: ReturnType<typeof memory> = {
    name: "counted",
    open: async () => ({
      storage: {
        ...storage,
        append(requests) {
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
  const events = Array.from({ length: size }, () => ({ type: "counted" }));
  for (let count = 0; count < appends; count++) await store.stream("one").append(events);
  return turns.filter((committed) => committed > 0);
}

test.each([
  [1, 16],
  [5, 4],
  [16, 1],
  [1_000, 1],
])(
  "appends of %i events that are awaited one after another leave the event loop to other work after %i",
  async (size, most) => {
    const turns = await appendsByTurn(160, size);

    expect(turns).toEqual(Array.from({ length: 160 / most }, () => most));
  },
);
