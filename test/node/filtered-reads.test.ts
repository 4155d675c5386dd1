/** Reads and watches by any filter give what a comparison of every event by hand gives, whatever keeps the events. */
import { PGlite } from "@electric-sql/pglite";
import { matches, openEventStore, type EventStore, type StoredEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { pglite } from "rivulet/pglite";
import { postgres } from "rivulet/postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDisk } from "../support/power-loss/disk.ts";
import { loadSqlite, onDisk } from "../support/power-loss/sqlite-wasm.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { createRandom, type Random } from "../support/random.ts";

type Filter = Parameters<typeof matches>[0];

/** A key that means something else in a pattern. */
const ODD = '*k"+\\(.[';

const INDEXED = { indexedMetadata: ["user", "region", ODD] };

/** Three segments of PostgreSQL's index, and an end that is not indexed. */
const EVENTS = 13_000;

const ROUNDS = 30;

/** How many of the filters find something, at least. */
const LEAST_FOUND = 6;

/** Types that differ in how often they occur: a few times, in each tenth or second block, in every block, in every other event. */
function typeAt(at: number): string {
  if (at % 2_801 === 2_800) return `rare-${at % 2}`;
  if (at % 700 === 699) return `seldom-${at % 3}`;
  if (at % 150 === 149) return `now-and-then-${at % 2}`;
  if (at % 50 === 49) return "often";
  return at % 2 ? "odd" : "even";
}

const STREAMS = ["large", "middle-1", "middle-2", "rare"];

function streamAt(at: number): string {
  return STREAMS[at % 1_500 === 7 ? 3 : at % 40 === 3 ? 1 + (at % 2) : 0] as string;
}

/** A user of few events; a region that most share; a key that is not indexed; what looks like an indexed key. */
function metadataAt(at: number): Record<string, unknown> | undefined {
  if (at % 11 === 0) return undefined;
  const user = at % 3 === 0 ? `"user":${at % 900}` : at % 900;
  return {
    inner: { user: 1 },
    user,
    region: at % 4_000 < 2 ? "north" : "south",
    trace: at % 7,
    note: 'x"user',
    [ODD]: `\n"${at % 500}\\`,
  };
}

async function fill(store: EventStore): Promise<void> {
  for (let start = 0; start < EVENTS; start += 1_000) {
    const part = Array.from({ length: 1_000 }, (_, index) => start + index);
    await store.append(
      part.map((at) => ({ stream: streamAt(at), events: { type: typeAt(at), metadata: metadataAt(at) } })),
    );
  }
}

function drawFilter({ below }: Random): Filter {
  const some = <T>(values: readonly T[]): T[] => values.filter(() => below(values.length) === 0);
  const types = ["rare-0", "rare-1", "seldom-0", "seldom-2", "now-and-then-0", "often", "odd", "none"];
  const metadata = [
    ["user", below(2) === 0 ? below(900) : `"user":${3 * below(300)}`],
    ["region", below(2) === 0 ? "north" : "south"],
    ["trace", below(7)],
    ["user", 1],
    [ODD, `\n"${below(500)}\\`],
  ] as const;
  return {
    ...(below(3) > 0 && { types: some(types) }),
    ...(below(3) > 0 && { metadata: Object.fromEntries(some(metadata)) }),
    ...(below(4) === 0 && { streams: some([...STREAMS, "none"]) }),
    ...(below(4) === 0 && { streamPrefix: ["middle-", "r", "large"][below(3)] as string }),
  };
}

describe.each<[engine: string, server: boolean]>([
  ["better-sqlite3", false],
  ["the browser's SQLite", false],
  ["PGlite", false],
  ["PostgreSQL", true],
])("in %s", (engine, needsServer) => {
  describe.skipIf(needsServer && mayBeLeftOut())("", () => {
    const server = needsServer ? usePostgres() : undefined;
    let database: PGlite | undefined;
    let store: EventStore;
    let all: readonly StoredEvent[];

    async function open(): Promise<EventStore> {
      if (server !== undefined) {
        const { connectionString } = server();
        return openEventStore(postgres({ connectionString, durability: "normal", ...INDEXED }));
      }
      if (engine === "PGlite") {
        database = await PGlite.create();
        return openEventStore(pglite({ database, ...INDEXED }));
      }
      if (engine === "better-sqlite3") return openEventStore(betterSqlite3(INDEXED));
      return openEventStore(onDisk(await loadSqlite(), createDisk(), { durability: "normal", ...INDEXED }));
    }

    beforeAll(async () => {
      store = await open();
      await fill(store);
      all = await store.read().toArray();
      expect(all).toHaveLength(EVENTS);
    });
    afterAll(async () => {
      await store?.close();
      await database?.close();
    });

    const expected = (filter: Filter, after: number, upTo: number): number[] =>
      all
        .map((event) => event.position)
        .filter((at) => at > after && at <= upTo && matches(filter, all[at - 1] as StoredEvent));

    test("a read by a filter, bounds, a direction and a limit", async () => {
      const random = createRandom(`filters in ${engine}`);
      let found = 0;
      // Random filters may find little: then there are more of them.
      for (let round = 0; round < ROUNDS || (found <= LEAST_FOUND && round < 20 * ROUNDS); round++) {
        const filter = drawFilter(random);
        const after = random.below(3) === 0 ? random.below(EVENTS) : 0;
        const upTo = random.below(3) === 0 ? after + random.below(EVENTS) : EVENTS + random.below(2);
        const limit = random.below(2) === 0 ? 1 + random.below(40) : undefined;
        const wanted = expected(filter, after, upTo);
        const bounds = { ...filter, after, upTo, limit };
        const forward = await store.read(bounds).toArray();
        const backward = await store.read({ ...bounds, direction: "backward" }).toArray();

        const positions = (events: readonly StoredEvent[]): number[] => events.map(({ position }) => position);
        expect({ bounds, read: positions(forward) }).toEqual({ bounds, read: wanted.slice(0, limit) });
        expect({ bounds, read: positions(backward) }).toEqual({
          bounds,
          read: wanted.map((_, index) => wanted.at(-1 - index)).slice(0, limit),
        });
        found += wanted.length === 0 ? 0 : 1;
      }
      expect(found).toBeGreaterThan(LEAST_FOUND);
    });

    test("a watch by a filter, from history into what is appended meanwhile", async () => {
      const filters: Filter[] = [
        { types: ["rare-0", "rare-1"] },
        { metadata: { user: 7 } },
        { types: ["seldom-0"], metadata: { region: "south" } },
        { types: ["late"] },
      ];
      const late = { type: "late", metadata: { user: 7, region: "south" } };
      const watched = filters.map(async (filter) => {
        const wanted = expected(filter, 5_000, EVENTS);
        const seen: number[] = [];
        const count = wanted.length + (matches(filter, { ...(all[0] as StoredEvent), ...late }) ? 1 : 0);
        for await (const { position } of store.watch({ ...filter, after: 5_000 }))
          if (seen.push(position) === count) break;
        return [seen.slice(0, wanted.length), wanted];
      });
      await store.stream("late").append(late);

      for (const [seen, wanted] of await Promise.all(watched)) expect(seen).toEqual(wanted);
    });
  });
});
