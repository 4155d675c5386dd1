import { equal, fails, ok } from "../../assert.ts";
import type { Case } from "../../context.ts";

class Point {
  readonly x = 1;
}

/** Nested so deep, as arrays in arrays. */
function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

const CARRIED: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1.5,
  1e300,
  5e-324,
  0.1 + 0.2,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  2 ** 64,
  "",
  "plain",
  "null",
  '{"a":1}',
  "NUL \0, bell \u0007, DEL \u007f, CR LF \r\n, tab \t",
  "quotes \" ' ` and \\ and \\u0041 and ],[",
  "\u2028 \u2029 \ufeff \u00a0 ünïcödé 日本語 😀 👩‍👩‍👧",
  "a lone surrogate: \ud800, and another: \udc00",
  "x".repeat(1_000_000),
  "😀".repeat(50_000),
  [],
  {},
  [[], {}, [[{}]]],
  { "": 1, " ": 2, "a.b": 3, 'quo"te': 4, "\0": 5, 日本: 6, 10: 7, 9: 8, constructor: 9, "\ud800": 10 },
  JSON.parse('{"__proto__":{"a":1},"toString":null}'),
  { deep: nested(490) },
  Array.from({ length: 10_000 }, (_, index) => ({ index })),
];

const CYCLE: Record<string, unknown> = { a: {} };
CYCLE["a"] = { back: CYCLE };

const REFUSED: readonly (readonly [unknown, string])[] = [
  [Number.NaN, ""],
  [{ a: Number.POSITIVE_INFINITY }, ".a"],
  [{ a: [1, -Infinity] }, ".a[1]"],
  [1n, ""],
  [[undefined], "[0]"],
  // oxlint-disable-next-line no-sparse-arrays -- the hole is what is tested
  [{ list: [1, , 3] }, ".list[1]"],
  [{ a: { b: () => 1 } }, ".a.b"],
  [Symbol("s"), ""],
  [{ [Symbol("s")]: 1 }, ""],
  [{ when: new Date(0) }, ".when"],
  [[new Map()], "[0]"],
  [new Set(), ""],
  [{ p: new Point() }, ".p"],
  [{ bytes: new Uint8Array(2) }, ".bytes"],
  [{ e: new Error("e") }, ".e"],
  [{ n: Object(1) }, ".n"],
  [{ toJSON: () => 1 }, ".toJSON"],
  [Object.assign([1], { toJSON: () => 1 }), ""],
  ["abc".match(/b/), ""],
  [new (class extends Array<number> {})(), ""],
  [CYCLE, ".a.back"],
  [Object.create({ toJSON: () => 1 }), ""],
  [{ a: Object.defineProperty({ b: 1 }, "toJSON", { value: () => 1 }) }, ".a"],
  [{ a: Object.defineProperty({}, "hidden", { value: 1 }) }, ".a"],
  [{ a: Object.defineProperty([1], "hidden", { value: 1 }) }, ".a"],
  [Object.assign([1], { [Symbol("s")]: 1 }), ""],
  [{ list: [new Proxy(new Date(0), {})] }, ".list[0]"],
];

/** A value whose property `a` is 1 when it is read for the first time, and then what JSON cannot carry. */
function fickle(make: (next: () => unknown) => unknown): unknown {
  let reads = 0;
  return make(() => (reads++ === 0 ? 1 : Number.NaN));
}

const FICKLE: Readonly<Record<string, (next: () => unknown) => unknown>> = {
  "a getter": (next) => ({
    get a() {
      return next();
    },
  }),
  "a proxy": (next) => new Proxy({ a: 1 }, { get: (target, key) => (key === "a" ? next() : Reflect.get(target, key)) }),
  "an element": (next) => Object.defineProperty([0], 0, { get: next, enumerable: true }),
};

const CAUSE = { id: "cause" };

export const jsonCases: readonly Case[] = [
  {
    name: "data of any JSON value is returned as it was appended",
    async run({ open }) {
      const store = await open();
      for (const data of CARRIED) await store.stream("a").append({ type: "t", data });
      const read = await store.read().toArray();
      for (const [index, data] of CARRIED.entries()) equal(read[index]?.data, data, `data ${index}`);
    },
  },
  {
    name: "metadata of any JSON object is returned as it was appended",
    async run({ open }) {
      const store = await open();
      const all = CARRIED.map((value) => ({ value, "quo'te\"": [value] }));
      await store.stream("a").append(all.map((metadata) => ({ type: "t", metadata })));
      const read = await store.read().toArray();
      for (const [index, metadata] of all.entries()) equal(read[index]?.metadata, metadata, `metadata ${index}`);
    },
  },
  {
    name: "absent data reads back as undefined, null as null, and a property that is undefined is absent",
    async run({ open }) {
      const store = await open();
      const { events } = await store
        .stream("a")
        .append([
          { type: "t" },
          { type: "t", data: undefined },
          { type: "t", data: null },
          { type: "t", data: { a: undefined, b: { c: undefined } }, metadata: { a: undefined } },
        ]);
      const read = await store.read().toArray();
      for (const found of [events, read]) {
        ok(found[0]?.data === undefined && found[1]?.data === undefined, "absent data should be undefined");
        ok(found[2]?.data === null, "null should be null");
        const data = found[3]?.data as object;
        equal([Object.keys(data), Object.keys(found[3]?.metadata ?? {})], [["b"], []], "keys");
      }
    },
  },
  {
    name: "data is a copy: changing the given object afterwards changes nothing",
    async run({ open }) {
      const store = await open();
      const data = { list: [1] };
      const appending = store.stream("a").append({ type: "t", data });
      data.list.push(2);
      await appending;
      equal((await store.read().toArray())[0]?.data, { list: [1] }, "data");
    },
  },
  {
    name: "values that JSON cannot represent are refused with their path, and nothing is written",
    async run({ open }) {
      const store = await open();
      const good = { type: "t", data: 1 };
      for (const [value, path] of REFUSED) {
        const asData = await fails(
          store.stream("a").append([good, { type: "t", data: value }]),
          "invalid-event",
          `data${path}`,
        );
        equal(asData.details.path, `events[1].data${path}`, "path");
        const metadata = { inside: value };
        const asMetadata = await fails(
          store.append([{ stream: "a", events: { type: "t", metadata } }]),
          "invalid-event",
          `metadata.inside${path}`,
        );
        equal(asMetadata.details.path, `entries[0].events[0].metadata.inside${path}`, "path");
      }
      equal(await store.head(), 0, "head");
    },
  },
  {
    name: "a property is read once: the stored value is the checked one, even if a getter returns another each time",
    async run({ open }) {
      const store = await open();
      for (const [what, make] of Object.entries(FICKLE)) {
        const expected = Array.isArray(make(() => 1)) ? [1] : { a: 1 };
        const { events } = await store.stream("a").append({ type: "t", data: fickle(make) }, { causedBy: CAUSE });
        equal(events[0]?.data, expected, `${what} as data`);
        const metadata = { inside: fickle(make) };
        const caused = await store.stream("a").append({ type: "t", metadata }, { causedBy: CAUSE });
        equal(caused.events[0]?.metadata["inside"], expected, `${what} as metadata`);
        const { version } = caused;
        await store.stream("a").saveSnapshot({ projection: what, version, state: fickle(make) });
        equal((await store.stream("a").loadSnapshot(what))?.state, expected, `${what} as a snapshot`);
      }
      let types = 0;
      const event = { type: "t", id: "1" };
      Object.defineProperty(event, "type", { get: () => (types++ === 0 ? "t" : 7), enumerable: true });
      equal((await store.stream("b").append(event)).events[0]?.type, "t", "a type");
    },
  },
  {
    name: "data that is nested too deep is refused, however deep",
    async run({ open }) {
      const store = await open();
      for (const depth of [501, 20_000]) {
        const attempt = store.stream("a").append({ type: "t", data: nested(depth) });
        await fails(attempt, "invalid-event", `nested ${depth} deep`);
      }
      equal(await store.head(), 0, "head");
    },
  },
];
