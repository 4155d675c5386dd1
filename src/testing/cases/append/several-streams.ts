import { equal, fails } from "../../assert.ts";
import { numbered, numbersOf, type Case } from "../../context.ts";

export const severalStreamsCases: readonly Case[] = [
  {
    name: "an append over several streams has one result for each entry, and positions in the order of the entries",
    async run({ open }) {
      const store = await open();
      await store.stream("b").append(numbered(1));
      const results = await store.append([
        { stream: "a", events: numbered(2, 10) },
        { stream: "b", events: numbered(1, 20)[0] as { type: string }, expectedVersion: 1 },
        { stream: "c", events: numbered(2, 30), expectedVersion: "no-stream" },
      ]);
      equal(
        results.map(({ version, position }) => [version, position]),
        [
          [2, 3],
          [2, 4],
          [2, 6],
        ],
        "versions and positions",
      );
      const events = await store.read({ after: 1 }).toArray();
      equal(numbersOf(events), [10, 11, 20, 30, 31], "events");
      equal(
        results.flatMap((result) => result.events),
        events,
        "events of the results",
      );
    },
  },
  {
    name: "an append over several streams is all or nothing",
    async run({ open }) {
      const store = await open();
      await store.stream("b").append({ type: "t", id: "known", data: 1 });
      const stale = { stream: "b", events: numbered(1), expectedVersion: 0 };
      const first = { stream: "a", events: numbered(2) };
      const last = { stream: "c", events: numbered(2) };
      const { details } = await fails(store.append([first, stale, last]), "version-conflict", "stale in the middle");
      equal(details.stream, "b", "the stream in conflict");
      const twin = { stream: "c", events: { type: "t", id: "known", data: 2 } };
      await fails(store.append([first, twin]), "event-id-conflict", "an id in conflict at the end");
      const unfit = { stream: "c", events: { type: "t", data: [Number.NaN] } };
      const error = await fails(store.append([first, unfit]), "invalid-event", "an unfit event at the end");
      equal(error.details.path, "entries[1].events[0].data[0]", "path");
      equal(await store.streams().toArray(), [{ name: "b", version: 1 }], "streams");
    },
  },
  {
    name: "later entries see what earlier ones append",
    async run({ open }) {
      const store = await open();
      const results = await store.append([
        { stream: "a", events: numbered(2), expectedVersion: "no-stream" },
        { stream: "b", events: numbered(1), expectedVersion: 0 },
        { stream: "a", events: numbered(1, 3), expectedVersion: 2 },
        { stream: "a", events: numbered(1, 4), expectedVersion: "stream-exists" },
      ]);
      equal(
        results.map(({ version }) => version),
        [2, 1, 3, 4],
        "versions",
      );
      equal(numbersOf(await store.stream("a").read().toArray()), [1, 2, 3, 4], "events");
      const entries = [
        { stream: "n", events: numbered(1), expectedVersion: "no-stream" as const },
        { stream: "n", events: numbered(1), expectedVersion: "no-stream" as const },
      ];
      const { details } = await fails(store.append(entries), "version-conflict", "no stream twice");
      equal(details.actual, 1, "actual, with the entry before");
      equal(await store.stream("n").version(), 0, "version");
    },
  },
  {
    name: "an entry whose events are all stored may stand beside new ones",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append([
        { type: "t", id: "1" },
        { type: "t", id: "2" },
      ]);
      const results = await store.append([
        { stream: "a", events: { type: "t", id: "1" }, expectedVersion: 0 },
        { stream: "b", events: { type: "t", id: "3" } },
        {
          stream: "a",
          events: [
            { type: "t", id: "4" },
            { type: "t", id: "2" },
          ],
          expectedVersion: 2,
        },
      ]);
      equal(
        results.map(({ version, position, deduplicated }) => [version, position, deduplicated]),
        [
          [1, 1, 1],
          [1, 3, 0],
          [3, 4, 1],
        ],
        "results",
      );
      equal(await store.head(), 4, "head");
    },
  },
];
