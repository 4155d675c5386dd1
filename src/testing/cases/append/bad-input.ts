import type { EventStore, NewEvent } from "../../../index.ts";
import { equal, fails, show } from "../../assert.ts";
import { numbered, type Case } from "../../context.ts";

/** Wrong as a stream name, an event type, the name of a projection. */
const BAD_NAMES: readonly unknown[] = [
  "",
  "x".repeat(256),
  "$all",
  "@all",
  "nul \0",
  "lone \ud800",
  "\udc00 lone",
  7,
  null,
  undefined,
  {},
  ["a"],
];

const BAD_NUMBERS: readonly unknown[] = [-1, 1.5, Number.NaN, Infinity, 2 ** 53, "1", null, 1n, {}];

type Attempt = (store: EventStore, bad: never) => unknown;

/** Tries each, expects `invalid-argument` or `invalid-event`, and looks that nothing was written. */
function refuses(name: string, bad: readonly unknown[], attempts: Readonly<Record<string, Attempt>>): Case {
  return {
    name,
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(2));
      for (const [argument, attempt] of Object.entries(attempts)) {
        for (const value of bad) {
          const what = `${argument}: ${typeof value} ${show(value)}`;
          const error = await fails(() => attempt(store, value as never), "invalid-argument", what);
          equal(error.details.argument, argument, what);
        }
      }
      equal(await store.head(), 2, "head");
      equal(await store.streams().toArray(), [{ name: "a", version: 2 }], "streams");
    },
  };
}

export const badInputCases: readonly Case[] = [
  refuses("invalid stream names are refused", BAD_NAMES, {
    stream: (store, bad) => store.stream(bad),
    "entries[1].stream": (store, bad) =>
      store.append([
        { stream: "a", events: numbered(1) },
        { stream: bad, events: numbered(1) },
      ]),
    "streams[0]": (store, bad) => store.read({ streams: [bad] }),
    "types[1]": (store, bad) => store.watch({ types: ["a", bad] }),
    projection: (store, bad) => store.stream("a").saveSnapshot({ projection: bad, version: 1, state: 1 }),
  }),
  refuses("invalid versions, positions and limits are refused", BAD_NUMBERS, {
    expectedVersion: (store, bad) => store.stream("a").append(numbered(1), { expectedVersion: bad ?? ("" as never) }),
    after: (store, bad) => store.read({ after: bad }),
    upTo: (store, bad) => store.stream("a").read({ upTo: bad }),
    version: (store, bad) => store.stream("a").saveSnapshot({ projection: "p", version: bad, state: 1 }),
    schema: (store, bad) => store.stream("a").loadSnapshot("p", { schema: bad }),
  }),
  refuses("other invalid options are refused", [true, "sideways", [], new Date(Number.NaN)], {
    expectedVersion: (store, bad) => store.stream("a").append(numbered(1), { expectedVersion: bad }),
    direction: (store, bad) => store.read({ direction: bad }),
    limit: (store, bad) => store.read({ limit: bad }),
    after: (store, bad) => store.watch({ after: bad }),
    asOf: (store, bad) => store.read({ asOf: bad }),
    "metadata.user": (store, bad) => store.read({ metadata: { user: (bad === true ? {} : [bad]) as never } }),
  }),
  refuses("an append of nothing is refused", [[]], {
    events: (store, bad) => store.stream("a").append(bad),
    entries: (store, bad) => store.append(bad),
    "entries[1].events": (store, bad) =>
      store.append([
        { stream: "b", events: numbered(1) },
        { stream: "a", events: bad },
      ]),
  }),
  {
    name: "invalid events are refused with the path to the invalid part, and nothing is written",
    async run({ open }) {
      const store = await open();
      const table: readonly (readonly [unknown, string])[] = [
        [null, "events[1]"],
        [undefined, "events[1]"],
        ["placed", "events[1]"],
        [{ type: "t", id: "" }, "events[1].id"],
        [{ type: "t", id: "x".repeat(256) }, "events[1].id"],
        [{ type: "t", id: "nul \0" }, "events[1].id"],
        [{ type: "t", id: "\ud800" }, "events[1].id"],
        [{ type: "t", id: 7 }, "events[1].id"],
        [{ type: "t", id: null }, "events[1].id"],
        [{ type: "t", metadata: null }, "events[1].metadata"],
        [{ type: "t", metadata: [] }, "events[1].metadata"],
        [{ type: "t", metadata: "user" }, "events[1].metadata"],
        [{ type: "t", metadata: { a: 1n } }, "events[1].metadata.a"],
        [{ type: "t", id: "good" }, "events[1].id"],
        [{ type: "t", dta: 1 }, "events[1].dta"],
        [{ type: "t", data: 1, stream: "a", position: 1 }, "events[1].stream"],
        [{ type: "t", [Symbol("s")]: 1 }, "events[1].Symbol(s)"],
      ];
      for (const [event, path] of table) {
        const batch = [{ type: "t", id: "good" }, event as NewEvent];
        const error = await fails(store.stream("a").append(batch), "invalid-event", path);
        equal(error.details.path, path, "path");
      }
      // A hole is a missing event, not one event less.
      // oxlint-disable-next-line no-sparse-arrays -- the hole is what is tested
      const holed = [{ type: "t" }, , { type: "t" }] as NewEvent[];
      const missing = await fails(store.stream("a").append(holed), "invalid-event", "a missing event");
      equal(missing.details.path, "events[1]", "path");
      equal(await store.head(), 0, "head");
    },
  },
  {
    name: "an append with a missing entry is refused, and nothing is written",
    async run({ open }) {
      const store = await open();
      const entry = { stream: "a", events: numbered(1) };
      // oxlint-disable-next-line no-sparse-arrays -- the hole is what is tested
      const entries = [entry, , entry] as (typeof entry)[];
      const missing = await fails(store.append(entries), "invalid-argument", "a missing entry");
      equal(missing.details.argument, "entries[1]", "argument");
      equal(await store.head(), 0, "head");
    },
  },
  {
    name: "invalid event types are refused, and nothing is written",
    async run({ open }) {
      const store = await open();
      for (const type of BAD_NAMES) {
        const error = await fails(store.stream("a").append({ type: type as string }), "invalid-argument", String(type));
        equal(error.details.argument, "events[0].type", "argument");
      }
      equal(await store.head(), 0, "head");
    },
  },
  {
    name: "an id used twice in one append over several streams is refused with the path to the second use",
    async run({ open }) {
      const store = await open();
      const event = { type: "t", id: "twin" };
      const entries = [
        { stream: "a", events: [{ type: "t" }, event] },
        { stream: "b", events: event },
      ];
      const error = await fails(store.append(entries), "invalid-event", "twin");
      equal(error.details.path, "entries[1].events[0].id", "path");
      equal(await store.head(), 0, "head");
    },
  },
  {
    name: "names of 255 characters, of any script, are accepted",
    async run({ open }) {
      const store = await open();
      const names = ["x".repeat(255), "日".repeat(255), `${"😀".repeat(127)}x`, "a$b@c"];
      for (const name of names) await store.stream(name).append({ type: name, data: name });
      equal(
        (await store.streams().toArray()).map(({ name }) => name),
        names,
        "names",
      );
    },
  },
];
