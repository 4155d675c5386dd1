import type { NewEvent } from "../../../index.ts";
import { equal, fails } from "../../assert.ts";
import { numbered, numbersOf, type Case } from "../../context.ts";

const ADDED: NewEvent = { type: "added", id: "one", data: { to: "cart", list: [1, { a: 1, b: 2 }] } };

export const idempotenceCases: readonly Case[] = [
  {
    name: "a repeated append changes nothing, and returns the events stored before",
    async run({ open }) {
      const store = await open();
      const events = [ADDED, { type: "removed", id: "two" }];
      const first = await store.stream("a").append(events);
      await store.stream("a").append(numbered(3));
      const again = await store.stream("a").append(events);
      equal([again.version, again.position, again.deduplicated], [2, 2, 2], "version, position, deduplicated");
      equal(again.events, first.events, "events");
      equal(await store.head(), 5, "head");
    },
  },
  {
    name: "a repeated append succeeds whatever version it expects",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(ADDED, { expectedVersion: 0 });
      await store.stream("a").append(numbered(2));
      for (const expectedVersion of [0, 1, 99, "no-stream", "stream-exists", "any"] as const) {
        const again = await store.stream("a").append(ADDED, { expectedVersion });
        equal([again.version, again.deduplicated], [1, 1], `expecting ${expectedVersion}`);
      }
      equal(await store.stream("a").version(), 3, "version");
    },
  },
  {
    name: "an event with another order of keys or other metadata is the same event, and the first metadata stays",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append({ ...ADDED, metadata: { try: 1 } });
      const data = { list: [1, { b: 2, a: 1 }], to: "cart" };
      const again = await store.stream("a").append({ ...ADDED, data, metadata: { try: 2 } });
      equal(again.deduplicated, 1, "deduplicated");
      equal(again.events[0]?.metadata, { try: 1 }, "metadata");
      equal((await store.read().toArray())[0]?.metadata, { try: 1 }, "metadata stored");
    },
  },
  {
    name: "the same id with another stream, type or data is an id conflict, and writes nothing",
    async run({ open }) {
      const store = await open();
      await store.stream("z").append(numbered(1));
      await store.stream("a").append(ADDED);
      const others: readonly (readonly [string, NewEvent])[] = [
        ["b", ADDED],
        ["a", { ...ADDED, type: "Added" }],
        ["a", { type: "added", id: "one" }],
        ["a", { ...ADDED, data: null }],
        ["a", { ...ADDED, data: { to: "cart", list: [{ a: 1, b: 2 }, 1] } }],
        ["a", { ...ADDED, data: { to: "cart" } }],
      ];
      for (const [stream, event] of others) {
        const batch = [...numbered(1, 50), event, ...numbered(1, 51)];
        const error = await fails(store.stream(stream).append(batch), "event-id-conflict", JSON.stringify(event));
        equal(error.details, { id: "one", position: 2 }, "details");
      }
      equal(await store.head(), 2, "head");
    },
  },
  {
    name: "null and absent data are not the same content",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append({ type: "t", id: "null", data: null });
      await store.stream("a").append({ type: "t", id: "absent" });
      await fails(store.stream("a").append({ type: "t", id: "null" }), "event-id-conflict", "absent for null");
      await fails(
        store.stream("a").append({ type: "t", id: "absent", data: null }),
        "event-id-conflict",
        "null for absent",
      );
      const again = await store.stream("a").append({ type: "t", id: "absent", data: undefined });
      equal(again.deduplicated, 1, "undefined for absent");
    },
  },
  {
    name: "of a batch that is partly stored the rest is appended, and the results have the order of the batch",
    async run({ open }) {
      const store = await open();
      const [one, two, three, four, five] = ["1", "2", "3", "4", "5"].map((id) => ({ type: "t", id, data: id }));
      await store.stream("a").append([two, four] as NewEvent[]);
      const result = await store
        .stream("a")
        .append([one, two, three, four, five] as NewEvent[], { expectedVersion: 2 });
      equal([result.version, result.position, result.deduplicated], [5, 5, 2], "version, position, deduplicated");
      equal(
        result.events.map(({ id, version, position }) => [id, version, position]),
        [
          ["1", 3, 3],
          ["2", 1, 1],
          ["3", 4, 4],
          ["4", 2, 2],
          ["5", 5, 5],
        ],
        "events",
      );
      equal(
        (await store.read().toArray()).map(({ id }) => id),
        ["2", "4", "1", "3", "5"],
        "stored",
      );
    },
  },
  {
    name: "the new events of a batch that is partly stored are checked against the expected version",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append([ADDED, ...numbered(1)]);
      const batch = [ADDED, ...numbered(1, 2)];
      const error = await fails(store.stream("a").append(batch, { expectedVersion: 1 }), "version-conflict", "stale");
      equal([error.details.expected, error.details.actual], [1, 2], "expected and actual");
      equal(await store.head(), 2, "head");
      equal((await store.stream("a").append(batch, { expectedVersion: 2 })).version, 3, "version");
    },
  },
  {
    name: "the same event appended twice in one turn of the event loop is stored once",
    async run({ open }) {
      const store = await open();
      const results = await Promise.all([1, 2, 3].map(() => store.stream("a").append(ADDED)));
      equal(
        results.map(({ version, deduplicated }) => [version, deduplicated]),
        [
          [1, 0],
          [1, 1],
          [1, 1],
        ],
        "versions and deduplicated",
      );
      equal(await store.head(), 1, "head");
    },
  },
  {
    name: "a repeated append over several streams changes nothing",
    async run({ open }) {
      const store = await open();
      const entries = [
        { stream: "a", events: [{ type: "t", id: "1" }], expectedVersion: 0 },
        {
          stream: "b",
          events: [
            { type: "t", id: "2" },
            { type: "t", id: "3" },
          ],
          expectedVersion: "no-stream" as const,
        },
      ];
      const first = await store.append(entries);
      const again = await store.append(entries);
      equal(
        again.map(({ version, position, deduplicated }) => [version, position, deduplicated]),
        [
          [1, 1, 1],
          [2, 3, 2],
        ],
        "results",
      );
      equal(
        again.map(({ events }) => events),
        first.map(({ events }) => events),
        "events",
      );
      equal(await store.head(), 3, "head");
    },
  },
  {
    name: "an id conflict does not make the events beside it count as stored",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(ADDED);
      const fresh = { type: "counted", id: "fresh", data: { n: 1 } };
      await fails(store.stream("a").append([fresh, { ...ADDED, data: 0 }]), "event-id-conflict", "batch");
      const result = await store.stream("a").append(fresh);
      equal([result.version, result.deduplicated], [2, 0], "version and deduplicated");
      equal(numbersOf(await store.stream("a").read({ after: 1 }).toArray()), [1], "stored");
    },
  },
];
