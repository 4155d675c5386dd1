import type { EventStore } from "../../../index.ts";
import { equal } from "../../assert.ts";
import { numbered, numbersOf, range, type Case, type Context } from "../../context.ts";
import { fixedClock } from "../../fixed-clock.ts";

/** Events 1 to 6, recorded at 100, 200, 200, 300, 300 (by a clock that had fallen back) and 400. */
async function filled({ open }: Context): Promise<EventStore> {
  const clock = fixedClock();
  const store = await open({ clock });
  for (const [index, time] of [100, 200, 200, 300, 150, 400].entries()) {
    clock.set(time);
    await store.stream(index % 2 === 0 ? "odd" : "even").append(numbered(1, index + 1));
  }
  return store;
}

export const asOfCases: readonly Case[] = [
  {
    name: "asOf returns the events recorded by then",
    async run(context) {
      const store = await filled(context);
      const table: readonly (readonly [number, number])[] = [
        [-1, 0],
        [0, 0],
        [99, 0],
        [100, 1],
        [150, 1],
        [199.9, 1],
        [200, 3],
        [299, 3],
        [300, 5],
        [400, 6],
        [1e15, 6],
      ];
      for (const [asOf, last] of table) {
        equal(numbersOf(await store.read({ asOf }).toArray()), range(1, last), `asOf ${asOf}`);
        const odd = range(1, last).filter((n) => n % 2 === 1);
        equal(numbersOf(await store.stream("odd").read({ asOf }).toArray()), odd, `the odd stream, asOf ${asOf}`);
      }
      equal(numbersOf(await store.read({ asOf: new Date(200) }).toArray()), [1, 2, 3], "a Date");
    },
  },
  {
    name: "asOf goes together with bounds, direction, limit and filters",
    async run(context) {
      const store = await filled(context);
      const read = async (options: object): Promise<number[]> => numbersOf(await store.read(options).toArray());
      equal(await read({ asOf: 300, direction: "backward", limit: 2 }), [5, 4], "the last two");
      equal(await read({ asOf: 300, after: 2, upTo: 6 }), [3, 4, 5], "after 2");
      equal(await read({ asOf: 300, streams: ["even"] }), [2, 4], "the even stream");
      equal(await read({ asOf: 200, after: 3 }), [], "nothing left");
    },
  },
];
