import { matches, openEventStore, type EventStore, type StoredEvent } from "rivulet";
import type { EventStorage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";

/** Streams by the way their pages are read, all in one log. */
const LARGE = 21_000;
const MIDDLE = 60;
const MANY = 2_050;

let store: EventStore;
let all: readonly StoredEvent[];
let pages = 0;

beforeAll(async () => {
  const adapter = betterSqlite3({ indexedMetadata: ["user", "region"] });
  store = await openEventStore({
    name: "counted",
    async open() {
      const opened = await adapter.open();
      const readPage: EventStorage["readPage"] = (query) => {
        pages += 1;
        return opened.storage.readPage(query);
      };
      return { ...opened, storage: { ...opened.storage, readPage } };
    },
  });
  const names = [
    ...Array.from({ length: LARGE }, () => "large"),
    ...Array.from({ length: 20 * MIDDLE }, (_, index) => `middle-${index % MIDDLE}`),
    ...Array.from({ length: MANY }, (_, index) => `many-${index}`),
    ...["rare", "rare-2", "rar\u{10ffff}", "rar\u{10ffff}\u{10ffff}x", "rar\ud7ff", "rar\ue000", "\u{10ffff}"],
    ...Array.from({ length: LARGE }, (_, index) => `other-${index % 3}`),
  ];
  // In an order that is the same in every run, and in which every stream is all over the log.
  const mixed = names.map((stream, index) => ({ stream, at: (index * 7919) % names.length }));
  mixed.sort((one, other) => one.at - other.at);
  for (let start = 0; start < mixed.length; start += 1_000) {
    const part = mixed.slice(start, start + 1_000);
    await Promise.all(
      part.map(({ stream, at }) => store.stream(stream).append({ type: typeAt(at), metadata: metadataAt(at) })),
    );
  }
  all = await store.read().toArray();
  expect(all).toHaveLength(names.length);
});

afterAll(() => store.close());

/** Types that differ in how often they occur: a few times, in each tenth or second block, in every block, in every other event. */
function typeAt(at: number): string {
  if (at % 9_001 === 9_000) return `rare-${at % 2}`;
  if (at % 700 === 699) return `seldom-${at % 3}`;
  if (at % 150 === 149) return `now-and-then-${((at - 149) / 150) % 3}`;
  if (at % 50 === 49) return "often";
  return at % 2 ? "odd" : "even";
}

/** A user of few events, or of many; a region that most share; what is not indexed. */
function metadataAt(at: number): Record<string, string | number> {
  return { user: at % 2_500, region: at % 5_000 === 0 ? "north" : "south", trace: `trace-${at % 7}` };
}

/** Filters, and the most pages that a read of everything that matches may take: a scan takes one for 20,000 positions, at least. */
const FILTERS: readonly (readonly [filter: Parameters<typeof matches>[0], pages: number])[] = [
  [{ streams: ["rare"] }, 1],
  [{ streams: ["rare", "none"] }, 1],
  [{ streams: ["none"] }, 1],
  [{ streams: ["rare", "rare-2", "middle-7"] }, 2],
  [{ streams: ["large"] }, LARGE / 100],
  [{ streams: ["large", "rare"] }, LARGE / 100],
  [{ streams: ["large"], types: ["odd"] }, LARGE / 100],
  [{ streams: ["large", "other-1"], types: ["none"] }, LARGE / 100],
  [{ streams: ["rare", "middle-3"], types: ["odd"] }, 1],
  [{ streamPrefix: "rare" }, 1],
  [{ streamPrefix: "rar" }, 1],
  [{ streamPrefix: "rar\u{10ffff}" }, 1],
  [{ streamPrefix: "rar\ud7ff" }, 1],
  [{ streamPrefix: "\u{10ffff}" }, 4],
  [{ streamPrefix: "middle-" }, 20],
  [{ streamPrefix: "middle-", types: ["even"] }, 20],
  [{ streamPrefix: "many-" }, 30],
  [{ streamPrefix: "many-1" }, 20],
  [{ streams: ["rare", "many-1", "large"], streamPrefix: "rare" }, LARGE / 100],
  [{ streamPrefix: "none" }, 1],
  [{ types: ["rare-0"] }, 1],
  [{ types: ["rare-0", "rare-1", "none"] }, 1],
  [{ types: ["none"] }, 1],
  [{ types: ["seldom-0"] }, 1],
  [{ types: ["seldom-0", "seldom-1", "seldom-2", "rare-1"] }, 2],
  [{ types: ["now-and-then-0", "now-and-then-1", "now-and-then-2"] }, 6],
  [{ types: ["often"] }, 20],
  [{ types: ["odd", "rare-0"] }, 230],
  [{ types: ["rare-0"], streams: ["large"] }, 1],
  [{ types: ["seldom-1"], streams: ["large", "other-1"] }, 1],
  [{ types: ["rare-0", "rare-1"], streamPrefix: "o" }, 1],
  [{ types: ["seldom-0"], streamPrefix: "middle-" }, 1],
  [{ types: ["none"], streams: ["large"] }, 1],
  [{ metadata: { user: 7 } }, 1],
  [{ metadata: { user: "7" } }, 1],
  [{ metadata: { region: "north" } }, 1],
  [{ metadata: { user: 0, region: "south" } }, 1],
  [{ metadata: { user: 0, region: "north", trace: "trace-2" } }, 1],
  [{ metadata: { region: "north" }, types: ["odd", "even"] }, 1],
  [{ metadata: { user: 699 }, types: ["seldom-0", "seldom-1", "seldom-2"] }, 1],
  [{ metadata: { region: "south" }, types: ["rare-0"] }, 1],
  [{ metadata: { user: 12 }, streams: ["large"] }, 1],
  [{ metadata: { trace: "trace-3", user: 12 }, streamPrefix: "o" }, 1],
  [{ metadata: { region: "east" } }, 1],
];

test.each(FILTERS)("a read by %j finds what a scan finds, in few pages", async (filter, most) => {
  const found = all.filter((event) => matches(filter, event));
  const bounds = [
    {},
    { after: 20_500 },
    { upTo: 20_500 },
    { after: 5, upTo: all.length - 5 },
    { after: all.length - 40 },
  ];

  for (const { after = 0, upTo = all.length } of bounds) {
    const expected = found.filter(({ position }) => position > after && position <= upTo).map(({ id }) => id);
    const reversed = expected.map((_, index) => expected[expected.length - 1 - index]);
    pages = 0;
    const forward = await store.read({ ...filter, after, upTo }).toArray();
    const backward = await store.read({ ...filter, after, upTo, direction: "backward" }).toArray();
    const first = await store.read({ ...filter, after, upTo, limit: 3 }).toArray();

    expect(forward.map(({ id }) => id)).toEqual(expected);
    expect(backward.map(({ id }) => id)).toEqual(reversed);
    expect(first.map(({ id }) => id)).toEqual(expected.slice(0, 3));
    expect(pages).toBeLessThanOrEqual(3 * most);
  }
});
