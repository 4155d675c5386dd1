import { matches, type EventFilter, type EventStore } from "../../../index.ts";
import { equal } from "../../assert.ts";
import { numbersOf, range, reversed, take, type Case } from "../../context.ts";

const STREAMS = [
  "order-1",
  "order-2",
  "order",
  "Order-1",
  "ord%r-1",
  "ord_r-1",
  "o",
  "örder-1",
  "😀-1",
  "😀-2",
  "日本",
];
const TYPES = ["placed", "Placed", "paid", "p%", "日本"];
const METADATA = [
  undefined,
  { user: "ann" },
  { user: "Ann" },
  { user: 'a"n\\n' },
  { user: 1 },
  { user: "1" },
  { user: null },
  { user: true },
  { user: ["ann"] },
  { inner: { user: "ann" } },
  { note: '"user":"ann"' },
  { other: 1, user: "ann" },
  { 'k"e\\y': 1.5 },
];

/** Kept in different ways, and told apart. */
const IDS = [
  "6b1d0f52-930c-4f0e-8a57-2e61d4b07c39",
  "6B1D0F52-930C-4F0E-8A57-2E61D4B07C39",
  "6b1d0f52930c4f0e8a572e61d4b07c39",
  "u6b1d0f52930c4f0e8a572e61d4b07c39",
];

const PARTS: readonly EventFilter[] = [
  {},
  { ids: ["id-7", "id-100", "6b1d0f52-930c-4f0e-8a57-2e61d4b07c39", "6B1D0F52-930C-4F0E-8A57-2E61D4B07C39", "none"] },
  { ids: ["6b1d0f52930c4f0e8a572e61d4b07c39", "id-8"] },
  { ids: [] },
  { types: ["placed"] },
  { types: ["paid", "日本", "none"] },
  { types: [] },
  { streams: ["order-1"] },
  { streams: ["order", "😀-1", "none"] },
  { streams: [] },
  { streamPrefix: "order" },
  { streamPrefix: "order-" },
  { streamPrefix: "ord%" },
  { streamPrefix: "ord_r" },
  { streamPrefix: "😀" },
  { streamPrefix: "日本" },
  { streamPrefix: "" },
  { streamPrefix: "order-1-and-more" },
  { metadata: { user: "ann" } },
  { metadata: { user: 'a"n\\n' } },
  { metadata: { user: 1 } },
  { metadata: { user: null } },
  { metadata: { user: true } },
  { metadata: { user: "ann", other: 1 } },
  { metadata: { 'k"e\\y': 1.5 } },
  { metadata: { toString: "x" } },
  { metadata: {} },
];

async function fill(store: EventStore): Promise<void> {
  await store.append(
    range(0, 214).map((n) => ({
      stream: STREAMS[n % STREAMS.length] as string,
      events: {
        type: TYPES[n % TYPES.length] as string,
        id: IDS[n] ?? `id-${n}`,
        data: { n },
        metadata: METADATA[n % METADATA.length],
      },
    })),
  );
}

export const filterCases: readonly Case[] = [
  {
    name: "a filtered read returns exactly the events that match every part of the filter",
    async run({ open }) {
      const store = await open();
      await fill(store);
      const all = await store.read().toArray();
      for (const one of PARTS) {
        for (const other of PARTS) {
          const filter = { ...one, ...other };
          const found = await store.read(filter).toArray();
          const wanted = all.filter((event) => matches(filter as never, event));
          equal(numbersOf(found), numbersOf(wanted), JSON.stringify(filter));
        }
      }
    },
  },
  {
    name: "types are found wherever they are, by reads and watches in both directions and in any bounds",
    async run({ open }) {
      const store = await open();
      const kinds = range(1, 1_000).map((n) =>
        n % 331 === 1 ? "rare" : [0, 65].includes(n % 320) ? "seldom" : `often-${n % 3}`,
      );
      const event = (n: number) => ({ type: kinds[n - 1] as string, data: { n } });
      // Singly, in batches over several streams, and many appends at once.
      for (const n of range(1, 70)) await store.stream(`s-${n % 7}`).append(event(n));
      await store.append(range(71, 500).map((n) => ({ stream: `s-${n % 7}`, events: event(n) })));
      await Promise.all(range(501, 1_000).map((n) => store.stream(`s-${n % 7}`).append(event(n))));
      const all = await store.read().toArray();
      const filters: readonly EventFilter[] = [
        { types: ["rare"] },
        { types: ["seldom", "rare", "none"] },
        { types: ["often-1", "rare"] },
        { types: ["rare"], streams: ["s-1", "s-2"] },
        { types: ["seldom"], streamPrefix: "s-" },
      ];
      for (const filter of filters) {
        for (const bounds of [{}, { after: 64 }, { after: 331, upTo: 333 }, { after: 100, upTo: 704 }, { upTo: 128 }]) {
          const { after = 0, upTo = 1_000 } = bounds;
          const wanted = all.filter(
            (one) => matches(filter as never, one) && one.position > after && one.position <= upTo,
          );
          const read = async (more: object): Promise<number[]> =>
            numbersOf(await store.read({ ...filter, ...bounds, ...more }).toArray());
          const what = JSON.stringify({ ...filter, ...bounds });
          equal(await read({}), numbersOf(wanted), what);
          equal(await read({ direction: "backward" }), reversed(numbersOf(wanted)), `${what} backward`);
          equal(await read({ limit: 2 }), numbersOf(wanted).slice(0, 2), `${what}, two`);
          equal(
            await read({ limit: 2, direction: "backward" }),
            reversed(numbersOf(wanted)).slice(0, 2),
            `${what}, last`,
          );
        }
      }
      const watch = store.watch({ types: ["rare"], after: 1 });
      equal(numbersOf(await take(watch, 3)), [332, 663, 994], "a watch");
      const next = store.stream("new").append({ type: "rare", data: { n: 1_001 } });
      equal(numbersOf(await take(watch, 1)), [1_001], "a watch that has caught up");
      await next;
      await watch.return?.();
    },
  },
  {
    name: "a filter may name thousands of streams, types, ids or keys of metadata",
    async run({ open }) {
      const store = await open();
      const many = Array.from({ length: 3_000 }, (_, index) => `name-${index}`);
      const metadata = Object.fromEntries(many.map((key, index) => [key, index]));
      await store.stream("name-7").append({ type: "name-8", id: "name-9", metadata, data: { n: 1 } });
      await store
        .stream("name-7")
        .append({ type: "name-8", data: { n: 2 }, metadata: { ...metadata, "name-2999": 0 } });
      await store.stream("other").append({ type: "other", data: { n: 3 } });
      const direct = { ids: many, metadata };
      for (const filter of [
        { streams: many, types: many, ...direct },
        direct,
        { metadata },
        { streams: many, metadata },
      ]) {
        equal(numbersOf(await store.read(filter).toArray()), [1], Object.keys(filter).join());
      }
      equal(numbersOf(await store.read({ streams: many }).toArray()), [1, 2], "streams");
      equal(numbersOf(await store.read({ types: many }).toArray()), [1, 2], "types");
      equal(numbersOf(await store.read({ ids: many }).toArray()), [1], "ids");
    },
  },
  {
    name: "a filter matches by the exact text and value, and an empty list matches nothing",
    async run({ open }) {
      const store = await open();
      await fill(store);
      const streamsFor = async (streamPrefix: string): Promise<string[]> => [
        ...new Set((await store.read({ streamPrefix }).toArray()).map(({ stream }) => stream)),
      ];
      equal(await streamsFor("order"), ["order-1", "order-2", "order"], "prefix order");
      equal(await streamsFor("ord_"), ["ord_r-1"], "prefix ord_");
      equal(await streamsFor("😀"), ["😀-1", "😀-2"], "prefix 😀");
      equal(await store.read({ types: [] }).toArray(), [], "no types");
      equal(await store.read({ streams: [] }).toArray(), [], "no streams");
      for (const user of ["ann", 1, "1", null, true]) {
        const found = await store.read({ metadata: { user } }).toArray();
        equal(new Set(found.map((event) => event.metadata["user"])).size, 1, `values for ${user}`);
        equal(found[0]?.metadata["user"], user, "value");
      }
    },
  },
  {
    name: "bounds and limit apply to a filtered read as elsewhere: the limit counts matching events",
    async run({ open }) {
      const store = await open();
      await fill(store);
      const all = await store.read({ types: ["paid"] }).toArray();
      equal(await store.read({ types: ["paid"], limit: 3 }).toArray(), all.slice(0, 3), "the first three");
      const last = await store.read({ types: ["paid"], limit: 3, direction: "backward" }).toArray();
      equal(last, reversed(all.slice(-3)), "the last three");
      const within = all.filter(({ position }) => position > 40 && position <= 90);
      equal(await store.read({ types: ["paid"], after: 40, upTo: 90 }).toArray(), within, "bounded");
    },
  },
  {
    name: "rare matches among many events are all found, in both directions",
    async run({ open }) {
      const store = await open();
      const events = range(1, 4_000).map((n) => ({
        type: n % 997 === 0 ? "rare" : "common",
        data: { n },
        metadata: { rare: n % 997 === 0 },
      }));
      await store.stream("a").append(events);
      const rare = [997, 1_994, 2_991, 3_988];
      for (const filter of [{ types: ["rare"] }, { metadata: { rare: true } }]) {
        equal(numbersOf(await store.read(filter).toArray()), rare, "forward");
        const backward = await store.read({ ...filter, direction: "backward" }).toArray();
        equal(numbersOf(backward), reversed(rare), "backward");
        equal(numbersOf(await take(store.watch(filter), 4)), rare, "watched");
      }
    },
  },
];
