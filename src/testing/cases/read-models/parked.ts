import type { Event, ReadModel } from "../../../index.ts";
import { defineReadModel, sql, table } from "../../../read-models/index.ts";
import { equal, fails } from "../../assert.ts";
import { fixedClock } from "../../fixed-clock.ts";
import { numbered, range, type Case } from "../../context.ts";

type Counted = Event<"counted", { n: number }>;

const list = table("list", "n INTEGER PRIMARY KEY CHECK (n <> 7)");

/** Some numbers its handler refuses, seven its table does. */
function parking(refused: Set<number>) {
  return defineReadModel<Counted>({
    name: "parking",
    tables: [list],
    onError: "park",
    on: {
      counted({ data: { n } }) {
        if (refused.has(n)) throw new Error(`${n} is refused`);
        // Two statements: where the second fails, the first is not done either.
        return n === 8
          ? [sql`INSERT INTO ${list} VALUES (800)`, sql`INSERT INTO ${list} VALUES (${refused.has(-8) ? 7 : 8})`]
          : sql`INSERT INTO ${list} VALUES (${n})`;
      },
    },
  });
}

const listed = async (model: ReadModel): Promise<number[]> =>
  (await model.query<{ n: number }>(sql`SELECT n FROM ${list} ORDER BY n`)).map(({ n }) => n);

const without = (last: number, ...missing: readonly number[]): number[] =>
  range(1, last).filter((n) => !missing.includes(n));

export const parkedEventCases: readonly Case[] = [
  {
    name: "an event that a model cannot handle is parked if the definition says so, and the model goes on",
    needs: "sql",
    async run({ open }) {
      const clock = fixedClock(1_000);
      const store = await open({ clock });
      const refused = new Set([3, -8]);
      const { events } = await store.stream("a").append(numbered(20));
      const model = await store.readModel(parking(refused));
      await model.caughtUp();
      equal(await listed(model), without(20, 3, 7, 8), "the rest");
      const parked = await model.parked();
      equal(
        parked.map(({ position, type, attempts, timestamp }) => [position, type, attempts, timestamp]),
        [
          [3, "counted", 1, 1_000],
          [7, "counted", 1, 1_000],
          [8, "counted", 1, 1_000],
        ],
        "parked",
      );
      equal(
        parked.map(({ eventId }) => eventId),
        [events[2]?.id, events[6]?.id, events[7]?.id],
        "their ids",
      );
      equal([parked[0]?.message, /check/i.test(parked[1]?.message ?? "")], ["3 is refused", true], "why");
      equal(model.error, undefined, "no end");
      await model.caughtUp((await store.stream("a").append(numbered(1, 21))).position);
      equal((await listed(model)).at(-1), 21, "and on");
    },
  },
  {
    name: "parked events are retried, and those that fail again stay parked",
    needs: "sql",
    async run({ open }) {
      const clock = fixedClock(1_000);
      const store = await open({ clock });
      const refused = new Set([3, 4, -8]);
      await store.stream("a").append(numbered(10));
      const model = await store.readModel(parking(refused));
      await model.caughtUp();
      const live = model.live<{ n: number }>(sql`SELECT count(*) AS n FROM ${list}`);
      equal((await live.caughtUp()).state, [{ n: 6 }], "before");
      const states = live[Symbol.asyncIterator]();
      await states.next();
      const next = states.next();
      refused.delete(3);
      refused.delete(-8);
      clock.advance(500);
      equal(
        (await model.retryParked()).map(({ position, attempts, timestamp }) => [position, attempts, timestamp]),
        [
          [4, 2, 1_500],
          [7, 2, 1_500],
        ],
        "still parked",
      );
      equal(await listed(model), [...without(10, 4, 7), 800], "taken");
      // A live query is asked again after each of them.
      for (let shown = await next; shown.value?.state[0]?.n !== 9;) shown = await states.next();
      equal((await model.retryParked()).length, 2, "again");
      equal(await listed(model), [...without(10, 4, 7), 800], "nothing twice");
    },
  },
  {
    name: "however many events fail, each is parked and all others are handled",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      const even = range(1, 1_000).map((n) => 2 * n);
      await store.stream("a").append(numbered(2_001));
      const model = await store.readModel(
        defineReadModel<Counted>({
          name: "halved",
          tables: [list],
          onError: "park",
          on: {
            counted: ({ data: { n } }) =>
              n % 4 === 0
                ? raise(`${n} by its handler`)
                : n % 2 === 0
                  ? sql`INSERT INTO ${list} VALUES (7)`
                  : sql`INSERT INTO ${list} VALUES (${n === 7 ? 0 : n})`,
          },
        }),
      );
      await model.caughtUp();
      equal(
        (await model.parked()).map(({ position }) => position),
        even,
        "parked",
      );
      equal((await listed(model)).length, 1_001, "the rest");
    },
  },
  {
    name: "a rebuilt model has parked the events that fail now, not those that failed before",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      const refused = new Set([2, 3]);
      await store.stream("a").append(numbered(6));
      const model = await store.readModel(parking(refused));
      await model.caughtUp();
      refused.delete(2);
      refused.add(5);
      await model.rebuild();
      equal(
        (await model.parked()).map(({ position, attempts }) => [position, attempts]),
        [
          [3, 1],
          [5, 1],
        ],
        "parked",
      );
      equal(await listed(model), [1, 2, 4, 6], "rows");
      await fails(
        () => defineReadModel({ name: "x", tables: [list], on: {}, onError: "skip" as never }),
        "invalid-argument",
        "anything else",
      );
    },
  },
];

function raise(message: string): never {
  throw new Error(message);
}
