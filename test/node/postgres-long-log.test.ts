/** Reads by type and by indexed metadata of a log that is longer than what one page looks through. */
import pg from "pg";
import { openEventStore, type EventStore, type ReadOptions } from "rivulet";
import type { Adapter, EventStorage } from "rivulet/adapter";
import { postgres } from "rivulet/postgres";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { expectKeysOfBoth } from "../support/two-openers.ts";

const EVENTS = 130_000;

/** Types by what they are found at: once in every third block, in blocks that follow each other, in few. */
const TYPES: Readonly<Record<string, (at: number) => boolean>> = {
  third: (at) => at % 192 === 5,
  dense: (at) => at >= 60_000 && at < 90_000 && at % 16 === 1,
  rare: (at) => at % 40_000 === 7,
};

const typeAt = (at: number): string => Object.keys(TYPES).find((type) => TYPES[type]?.(at)) ?? "other";
const userAt = (at: number): number => Math.floor(at / 500) % 8;

describe.skipIf(mayBeLeftOut())("a long log on PostgreSQL", () => {
  const server = usePostgres();
  let store: EventStore;
  let pages = 0;

  beforeAll(async () => {
    const adapter = postgres({ connectionString: server().connectionString, indexedMetadata: ["user"] });
    const { storage } = await adapter.open();
    await storage.close();
    await server()
      .query(`INSERT INTO rivulet.events (position, version, schema_version, timestamp, id, stream, type, metadata)
      SELECT n, n, 1, 1000, n, 'a', CASE WHEN n % 192 = 5 THEN 'third' WHEN n >= 60000 AND n < 90000 AND n % 16 = 1 THEN 'dense'
        WHEN n % 40000 = 7 THEN 'rare' ELSE 'other' END, '{"app":1,"user":' || n / 500 % 8 || '}' FROM generate_series(1, ${EVENTS}) AS n`);
    store = await openEventStore(countingPages(adapter, () => (pages += 1)));
  });
  afterAll(() => store?.close());

  test("of two that open a schema at once with other keys of metadata, both keys are indexed", async () => {
    const { connectionString } = server();
    await expectKeysOfBoth((indexedMetadata) => postgres({ connectionString, schema: "twice", indexedMetadata }));

    expect(await server().query("SELECT key, missing FROM twice.indexed_metadata ORDER BY key")).toEqual([
      { key: '"order"', missing: "0" },
      { key: '"user"', missing: "0" },
    ]);
  });

  const all = Array.from({ length: EVENTS }, (_, index) => index + 1);
  const filters = [
    { filter: { types: ["third"] }, most: 10 },
    { filter: { types: ["rare"] }, most: 2 },
    { filter: { types: ["third", "rare", "none"] }, most: 10 },
    { filter: { types: ["dense"] }, most: 25 },
    { filter: { types: ["none"] }, most: 2 },
    { filter: { types: ["third"], metadata: { user: 3 } }, most: 5 },
    { filter: { metadata: { user: 3 } }, most: 300 },
    { filter: { types: ["rare"], metadata: { user: 0 } }, most: 2 },
  ];

  test.each(filters)("is read by $filter in few pages", async ({ filter, most }) => {
    for (const [after, upTo] of [
      [0, EVENTS],
      [4_100, 127_000],
      [64_003, 64_003 + 4_200],
    ] as const) {
      const wanted = all.filter(
        (at) =>
          at > after &&
          at <= upTo &&
          (filter.types === undefined || filter.types.includes(typeAt(at))) &&
          (filter.metadata === undefined || filter.metadata.user === userAt(at)),
      );
      const reversed = wanted.map((_, index) => wanted.at(-1 - index));
      const read = async (more: object): Promise<number[]> =>
        (await store.read({ ...filter, after, upTo, ...more }).toArray()).map(({ position }) => position);

      pages = 0;
      expect(await read({})).toEqual(wanted);
      expect(await read({ direction: "backward" })).toEqual(reversed);
      expect(pages).toBeLessThanOrEqual(2 * most);
      expect(await read({ limit: 7 })).toEqual(wanted.slice(0, 7));
      expect(await read({ limit: 7, direction: "backward" })).toEqual(reversed.slice(0, 7));
    }
  });

  test("a read by what is common, or not indexed, asks hardly more statements than one without a filter", async () => {
    const asked = vi.spyOn(pg.Client.prototype, "query");
    onTestFinished(() => asked.mockRestore());
    const count = async (options: ReadOptions): Promise<number> => {
      asked.mockClear();
      await store.read({ upTo: 20_000, ...options }).toArray();
      return asked.mock.calls.length;
    };
    for (const direction of ["forward", "backward"] as const) {
      const plain = await count({ direction });
      expect(plain).toBeGreaterThan(40);
      for (const filter of [
        { types: ["other"] },
        { metadata: { app: 1 } },
        { types: ["other"], metadata: { app: 1 } },
      ]) {
        expect(await count({ ...filter, direction })).toBeLessThan(plain + 10);
      }
    }
  });
});

function countingPages(adapter: Adapter, onPage: () => void): Adapter {
  return {
    name: adapter.name,
    async open() {
      const opened = await adapter.open();
      const readPage: EventStorage["readPage"] = (query) => {
        onPage();
        return opened.storage.readPage(query);
      };
      return { ...opened, storage: { ...opened.storage, readPage } };
    },
  };
}
