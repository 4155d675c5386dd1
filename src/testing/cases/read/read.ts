import type { EventStore, ReadOptions, StoredEvent } from "../../../index.ts";
import { equal, failureOf } from "../../assert.ts";
import { handSignal } from "../../abort.ts";
import { numbered, numbersOf, range, reversed, take, type Case } from "../../context.ts";

const BOUNDS: readonly ReadOptions[] = [undefined, 0, 1, 7, 29, 30, 31, 1_000].flatMap((after) =>
  [undefined, 0, 1, 8, 30, 99].flatMap((upTo) =>
    (["forward", "backward"] as const).flatMap((direction) =>
      [undefined, 0, 1, 5, 100].map((limit) => ({ after, upTo, direction, limit })),
    ),
  ),
);

/** What a read with these bounds is to return, by key. */
function expected(
  events: readonly StoredEvent[],
  key: "position" | "version",
  { after = 0, upTo = Infinity, direction, limit }: ReadOptions,
): StoredEvent[] {
  const within = events.filter((event) => event[key] > after && event[key] <= upTo);
  if (direction === "backward") within.reverse();
  return within.slice(0, limit);
}

async function fill(store: EventStore): Promise<void> {
  for (const n of range(1, 30)) await store.stream(n % 2 === 0 ? "even" : "odd").append(numbered(1, n));
}

export const readCases: readonly Case[] = [
  {
    name: "a read of the store keeps to its bounds, direction and limit",
    async run({ open }) {
      const store = await open();
      await fill(store);
      const all = await store.read().toArray();
      equal(numbersOf(all), range(1, 30), "all");
      for (const bounds of BOUNDS) {
        equal(await store.read(bounds).toArray(), expected(all, "position", bounds), JSON.stringify(bounds));
      }
    },
  },
  {
    name: "a read of a stream keeps to its bounds, direction and limit",
    async run({ open }) {
      const store = await open();
      await fill(store);
      const all = (await store.read().toArray()).filter(({ stream }) => stream === "odd");
      for (const bounds of BOUNDS) {
        const found = await store.stream("odd").read(bounds).toArray();
        equal(found, expected(all, "version", bounds), JSON.stringify(bounds));
      }
      equal(await store.stream("none").read({ direction: "backward" }).toArray(), [], "a stream that is not there");
    },
  },
  {
    name: "a long read returns everything in order, in both directions, iterated or as an array",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(2_300));
      await store.stream("b").append(numbered(300, 2_301));
      const iterated: StoredEvent[] = [];
      for await (const event of store.read()) iterated.push(event);
      equal(numbersOf(iterated), range(1, 2_600), "iterated");
      equal(numbersOf(await store.read({ direction: "backward" }).toArray()), reversed(range(1, 2_600)), "backward");
      const stream = await store.stream("a").read({ direction: "backward", limit: 1_500 }).toArray();
      equal(numbersOf(stream), reversed(range(801, 2_300)), "a stream backward, limited");
      equal(await store.read({ after: 1_000, upTo: 2_400 }).toArray(), iterated.slice(1_000, 2_400), "bounded");
    },
  },
  {
    name: "large events are read by small pages, and none is lost",
    async run({ open }) {
      const store = await open();
      const text = "x".repeat(100_000);
      await store.stream("a").append(range(1, 40).map((n) => ({ type: "t", data: { n, text } })));
      equal(numbersOf(await store.read().toArray()), range(1, 40), "events");
    },
  },
  {
    name: "a read ends at the head at which it began",
    async run({ open }) {
      const store = await open();
      const stream = store.stream("a");
      await stream.append(numbered(600));
      for (const reader of [store.read(), stream.read()]) {
        const head = await store.head();
        const first = await take(reader, 1);
        await stream.append(numbered(5, head + 1));
        equal(numbersOf([...first, ...(await reader.toArray())]), range(1, head), "events");
      }
    },
  },
  {
    name: "toArray returns the remaining events of a read that was begun",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(10));
      const reader = store.read({ limit: 8 });
      await take(reader, 3);
      equal(numbersOf(await reader.toArray()), range(4, 8), "the rest");
      equal(await reader.next(), { value: undefined, done: true }, "after the end");
    },
  },
  {
    name: "several reads at once do not disturb each other",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(700));
      const reads = [store.read(), store.read({ direction: "backward" }), store.stream("a").read({ after: 100 })];
      const [all, backward, stream] = await Promise.all(reads.map((reader) => reader.toArray()));
      equal(numbersOf(all ?? []), range(1, 700), "all");
      equal(numbersOf(backward ?? []), reversed(range(1, 700)), "backward");
      equal(numbersOf(stream ?? []), range(101, 700), "stream");
    },
  },
  {
    name: "a read ends when its loop is left, and with its signal's reason when that is aborted",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(600));
      const signal = handSignal();
      const left = store.read({ signal });
      for await (const event of left) if (event.position === 2) break;
      equal(await left.next(), { value: undefined, done: true }, "after leaving");
      equal(signal.listeners, 0, "listeners left on the signal");
      const aborted = store.read({ signal });
      await take(aborted, 300);
      signal.abort("enough");
      equal(await failureOf(aborted.toArray(), "it should have been aborted"), "enough", "reason");
      equal(await failureOf(store.read({ signal }).toArray(), "it should have been aborted"), "enough", "at the start");
    },
  },
];
