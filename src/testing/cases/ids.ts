import { equal, fails } from "../assert.ts";
import type { Case } from "../context.ts";

const LOWER = "0190a5f2-7c1e-7d3a-9b4f-00ff8899aabb";

/** Texts that a storage may be tempted to take for something else than they are. */
const ODD_IDS: readonly string[] = [
  LOWER,
  LOWER.toUpperCase(),
  LOWER.replaceAll("-", ""),
  `{${LOWER}}`,
  "00000000-0000-0000-0000-000000000000",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  "u0190a5f27c1e7d3a9b4f00ff8899aabb",
  "t0190a5f2",
  "7",
  "007",
  "7.0",
  "1e3",
  "null",
  " ",
  "\n\t\u0001\u007f",
  "$reserved only for names",
  "@all",
  "quote \" and ' and \\ and `",
  "ünïcödé 日本語 😀 \u2028 \ufeff",
  "é",
  "e\u0301",
  "x".repeat(255),
  "😀".repeat(127),
];

export const idCases: readonly Case[] = [
  {
    name: "an id of any text comes back as it was given, and is known again",
    async run({ open }) {
      const store = await open();
      const events = ODD_IDS.map((id, index) => ({ type: "t", id, data: index }));
      const result = await store.stream("a").append(events);
      const ids = result.events.map((event) => event.id);
      equal(ids, ODD_IDS, "ids in the result");
      const read = await store.read().toArray();
      equal(
        read.map((event) => event.id),
        ODD_IDS,
        "ids read",
      );
      const again = await store.stream("a").append(events);
      equal(again.deduplicated, ODD_IDS.length, "deduplicated");
      equal(again.events, read, "events known again");
    },
  },
  {
    name: "ids that differ only by case are different ids",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append({ type: "t", id: LOWER, data: 1 });
      const upper = await store.stream("a").append({ type: "t", id: LOWER.toUpperCase(), data: 2 });
      equal(upper.deduplicated, 0, "deduplicated");
      const error = await fails(
        store.stream("a").append({ type: "t", id: LOWER.toUpperCase(), data: 1 }),
        "event-id-conflict",
        "data of the other",
      );
      equal(error.details, { id: LOWER.toUpperCase(), position: 2 }, "details");
    },
  },
  {
    name: "a newId that repeats itself cannot store an id twice",
    async run({ open }) {
      const store = await open({ newId: () => "again" });
      await store.stream("a").append({ type: "t", data: 1 });
      equal((await store.stream("a").append({ type: "t", data: 1 })).deduplicated, 1, "the same event again");
      await fails(store.stream("a").append({ type: "t", data: 2 }), "event-id-conflict", "another event");
      equal(await store.head(), 1, "head");
      equal((await store.stream("a").append({ type: "t", id: "other", data: 2 })).version, 2, "version");
    },
  },
];
