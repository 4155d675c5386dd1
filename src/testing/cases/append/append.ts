import { equal, ok } from "../../assert.ts";
import { numbered, numbersOf, range, type Case } from "../../context.ts";
import { fixedClock } from "../../fixed-clock.ts";
import { sequentialIds } from "../../sequential-ids.ts";

const UUIDV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export const appendCases: readonly Case[] = [
  {
    name: "an append resolves with version, position and the events as they are stored",
    async run({ open }) {
      const store = await open({ clock: fixedClock(1_700_000_000_000), newId: sequentialIds() });
      await store.stream("a").append(numbered(2));
      const result = await store.stream("b").append([
        { type: "opened", data: { by: "x" }, metadata: { user: 7 } },
        { type: "closed", id: "my-own" },
      ]);
      const shared = { stream: "b", schemaVersion: 1, timestamp: 1_700_000_000_000 };
      const events = [
        { ...shared, position: 3, version: 1, id: "id-3", type: "opened", data: { by: "x" }, metadata: { user: 7 } },
        { ...shared, position: 4, version: 2, id: "my-own", type: "closed", data: undefined, metadata: {} },
      ];
      const { version, position, deduplicated } = result;
      equal({ version, position, deduplicated }, { version: 2, position: 4, deduplicated: 0 }, "result");
      equal(result.events, events, "result.events");
      equal(await store.stream("b").read().toArray(), events, "events read");
    },
  },
  {
    name: "one event is appended like a list of one",
    async run({ open }) {
      const store = await open();
      const alone = await store.stream("a").append({ type: "counted", data: { n: 1 } });
      const listed = await store.stream("a").append([{ type: "counted", data: { n: 2 } }]);
      equal([alone.version, listed.version], [1, 2], "versions");
      equal(numbersOf(await store.stream("a").read().toArray()), [1, 2], "events");
    },
  },
  {
    name: "positions run through the whole store, versions through each stream, both without gaps",
    async run({ open }) {
      const store = await open();
      for (const n of range(1, 12)) await store.stream(`s-${n % 3}`).append(numbered(1 + (n % 2), n));
      const events = await store.read().toArray();
      equal(
        events.map((event) => event.position),
        range(1, 18),
        "positions",
      );
      for (const name of ["s-0", "s-1", "s-2"]) {
        const versions = events.filter((event) => event.stream === name).map((event) => event.version);
        equal(versions, range(1, 6), `versions of ${name}`);
        equal(await store.stream(name).version(), 6, `version of ${name}`);
      }
      equal(await store.head(), 18, "head");
    },
  },
  {
    name: "a new store is empty, and a stream is there from its first event on",
    async run({ open }) {
      const store = await open();
      const stream = store.stream("a");
      equal(await store.head(), 0, "head");
      equal(await stream.version(), 0, "version");
      equal(await stream.read().toArray(), [], "events");
      equal(await store.streams().toArray(), [], "streams");
      await stream.append(numbered(1));
      equal([await store.head(), await stream.version()], [1, 1], "head and version");
    },
  },
  {
    name: "two handles of one stream are the same stream",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(1));
      await store.stream("a").append(numbered(1, 2), { expectedVersion: 1 });
      equal(numbersOf(await store.stream("a").read().toArray()), [1, 2], "events");
      equal(store.stream("a").name, "a", "name");
    },
  },
  {
    name: "stream names and types differ by every character, and by case",
    async run({ open }) {
      const store = await open();
      const names = ["a", "A", "á", "a\u0301", " a", "a ", "a\n", "%", "_", "a*", "'", '"', "\\", "日本", "😀", "ﬀ"];
      for (const [index, name] of names.entries()) await store.stream(name).append({ type: name, data: index });
      for (const [index, name] of names.entries()) {
        const events = await store.stream(name).read().toArray();
        equal(
          events.map(({ stream, type, data }) => ({ stream, type, data })),
          [{ stream: name, type: name, data: index }],
          `events of ${JSON.stringify(name)}`,
        );
      }
    },
  },
  {
    name: "ids are UUIDs of version 7 by default, and ascend",
    async run({ open }) {
      const store = await open();
      const { events } = await store.stream("a").append(numbered(500));
      const ids = events.map((event) => event.id);
      ok(
        ids.every((id) => UUIDV7.test(id)),
        `not a UUID of version 7: ${ids.find((id) => !UUIDV7.test(id))}`,
      );
      equal([...ids].sort(), ids, "ids in order");
      equal(new Set(ids).size, 500, "different ids");
    },
  },
  {
    name: "a large append is one append, and reads back whole",
    async run({ open }) {
      const store = await open();
      const { version, position } = await store.stream("a").append(numbered(2_500));
      equal({ version, position }, { version: 2_500, position: 2_500 }, "result");
      equal(numbersOf(await store.stream("a").read().toArray()), range(1, 2_500), "events");
    },
  },
];
