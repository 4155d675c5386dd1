import { PGlite } from "@electric-sql/pglite";
import * as fc from "fast-check";
import { matches, memory, openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { pglite } from "rivulet/pglite";
import { afterAll, expect, test } from "vitest";
import { createDisk } from "../support/power-loss/disk.ts";
import { loadSqlite, onDisk } from "../support/power-loss/sqlite-wasm.ts";

/** Texts that are difficult for SQL, JSON and text indexes. */
const ODD = [
  "a",
  "A",
  "á",
  "a\u0301",
  "%",
  "_",
  "*",
  "'",
  '"',
  "\\",
  ":",
  ",",
  "{",
  "}",
  "[",
  "\n",
  "\u0001",
  "\u2028",
  "日",
  "😀",
  "😁",
  "ÿ",
  "\uffff",
];

const text = fc.array(fc.constantFrom(...ODD), { minLength: 1, maxLength: 4 }).map((parts) => parts.join(""));
const name = fc.oneof(fc.constantFrom("order-1", "order-2", "order"), text);
const key = fc.oneof(fc.constantFrom("k", "k.k", "__proto__", "constructor", "", "0", "$"), text);
const value = fc.oneof(
  fc.constantFrom(0, 1, -1, 1.5, 1e21, 1e-7, true, false, null, "", "1", "true", "null", '"k":1', "\ud800"),
  text,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** As an object without a prototype, so that special keys are ordinary ones. */
const object = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.array(fc.tuple(key, values), { maxLength: 3 }).map((pairs) => {
    const made: Record<string, T> = {};
    for (const [property, held] of pairs) {
      Object.defineProperty(made, property, { value: held, enumerable: true, configurable: true, writable: true });
    }
    return made;
  });

const nested = fc.oneof(
  { weight: 3, arbitrary: value },
  { weight: 1, arbitrary: fc.array(value, { maxLength: 2 }) },
  { weight: 1, arbitrary: object(value) },
);

/** Ids stored as bytes or as text, some of them similar. */
const eventId = fc.oneof(
  text,
  fc.uuid(),
  fc.uuid().map((uuid) => uuid.toUpperCase()),
  fc.uuid().map((uuid) => uuid.replaceAll("-", "")),
  fc.uuid().map((uuid) => `u${uuid}`),
);

const story = fc
  .uniqueArray(fc.record({ id: eventId, stream: name, type: name, metadata: object(nested) }), {
    minLength: 1,
    maxLength: 25,
    selector: (event) => event.id,
  })
  .chain((events) => {
    const of = <T>(pick: (event: (typeof events)[number]) => T): fc.Arbitrary<T> =>
      fc.constantFrom(...events.map(pick));
    const optional = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined });
    const names = (pick: (event: (typeof events)[number]) => string): fc.Arbitrary<string[] | undefined> =>
      optional(fc.array(fc.oneof(of(pick), name), { maxLength: 3 }));
    const filter = fc.record({
      ids: optional(
        fc.array(
          fc.oneof(
            of(({ id }) => id),
            eventId,
          ),
          { maxLength: 3 },
        ),
      ),
      types: names(({ type }) => type),
      streams: names(({ stream }) => stream),
      streamPrefix: optional(
        fc.oneof(
          fc
            .tuple(
              of(({ stream }) => Array.from(stream)),
              fc.nat(5),
            )
            .map(([parts, end]) => parts.slice(0, end).join("")),
          text,
        ),
      ),
      metadata: optional(
        fc.oneof(
          of(({ metadata }) => plainPart(metadata)),
          object(value),
        ),
      ),
    });
    return fc.tuple(fc.constant(events), fc.array(filter, { minLength: 1, maxLength: 6 }));
  });

/** A random part of some metadata, as a filter. */
function plainPart(metadata: Record<string, unknown>): Record<string, string | number | boolean | null> {
  const plain = Object.entries(metadata).filter(([, part]) => typeof part !== "object" || part === null);
  return Object.fromEntries(plain) as Record<string, string | number | boolean | null>;
}

/** Some of the keys of a story. */
const INDEXED = { indexedMetadata: ["k", "__proto__", "", "between", "k.k", "$", '"', "\\", "*", "日"] };

/** SQLite in WebAssembly, and PostgreSQL with a schema for each story. Both take seconds to start. */
const wasm = loadSqlite();
const database = PGlite.create();
let schemas = 0;
afterAll(async () => (await database).close());

interface Stored {
  readonly open: () => Promise<EventStore>;
  /** How many stories to try. */
  readonly numRuns: number;
  /** How many other events are between two of a story, so that they are far apart; default 0. */
  readonly others?: number;
  /** How many follow the last one, so that an index of many at once has all of a story; default 0. */
  readonly more?: number;
}

const stores: Readonly<Record<string, Stored>> = {
  memory: { open: () => openEventStore(memory()), numRuns: 300 },
  SQL: { open: () => openEventStore(betterSqlite3()), numRuns: 300 },
  "SQL among other events": { open: () => openEventStore(betterSqlite3(INDEXED)), others: 130, numRuns: 40 },
  "the browser's SQL among other events": {
    open: async () => openEventStore(onDisk(await wasm, createDisk(), { durability: "normal", ...INDEXED })),
    others: 130,
    numRuns: 10,
  },
  "PostgreSQL among other events": {
    open: async () => openEventStore(pglite({ database: await database, schema: `story_${++schemas}`, ...INDEXED })),
    others: 70,
    more: 4_200,
    numRuns: 8,
  },
};

for (const [what, { open, others = 0, more = 0, numRuns }] of Object.entries(stores)) {
  test(`a read filtered by ${what} returns what matches says, whatever the names and the metadata`, async () => {
    await fc.assert(
      fc.asyncProperty(story, async ([events, filters]) => {
        const store = await open();
        const between = Array.from({ length: others }, () => ({ type: "between", metadata: { between: true } }));
        await store.append(
          events.flatMap(({ stream, ...event }) => [
            { stream, events: event },
            ...(others > 0 ? [{ stream: "between", events: between }] : []),
          ]),
        );
        const following = Array.from({ length: more }, () => ({ type: "between" }));
        if (more > 0) await store.stream("between").append(following);
        const all = await store.read().toArray();
        expect(all.length).toBe(events.length * (1 + others) + more);
        for (const { ids, types, streams, streamPrefix, metadata } of filters) {
          const given = {
            ...(ids !== undefined && { ids }),
            ...(types !== undefined && { types }),
            ...(streams !== undefined && { streams }),
            ...(streamPrefix !== undefined && { streamPrefix }),
            ...(metadata !== undefined && { metadata }),
          };
          const found = await store.read(given).toArray();
          expect(found).toEqual(all.filter((event) => matches(given, event)));
          const backward = await store.read({ ...given, direction: "backward", limit: 2 }).toArray();
          expect(backward).toEqual(found.length > 1 ? [found.at(-1), found.at(-2)] : found);
        }
        await store.close();
      }),
      { numRuns },
    );
  });
}
