import { PGlite } from "@electric-sql/pglite";
import { openEventStore, type EventStore, type OpenOptions } from "rivulet";
import { pglite, type PGliteOptions } from "rivulet/pglite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeConformance } from "../support/conformance.ts";

/** After so many schemas, of which it forgets none, a database has become much slower than a new one. */
const SCHEMAS = 50;

describe("in an embedded PostgreSQL", () => {
  const places = new WeakMap<EventStore, Place>();
  const databases: PGlite[] = [];
  let database: PGlite | undefined;
  let empty: File | Blob | undefined;
  let count = 0;

  interface Place {
    readonly schema: string;
    readonly database: PGlite;
  }

  // It takes seconds to start, so many cases share one, each with a schema of its own, and the others are copies of it.
  beforeAll(async () => {
    database = await PGlite.create();
    databases.push(database);
    empty = await database.dumpDataDir("none");
  }, 60_000);
  afterAll(async () => {
    for (const one of databases) await one.close();
  });

  async function openNew(options: OpenOptions | undefined): Promise<EventStore> {
    if (++count % SCHEMAS === 0) {
      database = await PGlite.create({ loadDataDir: empty as Blob });
      databases.push(database);
      // The stores of the case that is running are in the newest four.
      if (databases.length > 4) await databases.shift()?.close();
    }
    return openSchema(`case_${count}`, options);
  }
  const openSchema = (schema: string, options: OpenOptions | undefined): Promise<EventStore> =>
    openAt({ schema, database: database as PGlite }, options);
  async function openAt(place: Place, options: OpenOptions | undefined): Promise<EventStore> {
    const store = await openEventStore(pglite(place), options);
    places.set(store, place);
    return store;
  }
  const again = (store: EventStore, options?: OpenOptions): Promise<EventStore> =>
    openAt(places.get(store) as Place, options);

  describeConformance(
    "pglite",
    {
      open: openNew,
      reopen: again,
      alongside: again,
      sql: "postgres",
    },
    undefined,
    // PGlite 0.5 decodes every text as if it was a file, without the mark.
    ["a text that begins with a byte order mark is read from a column as it was written"],
  );

  test("info() says that it is in memory, and closing a store leaves the shared database open", async () => {
    const store = await openSchema("shared", undefined);

    expect(await store.info()).toMatchObject({ adapter: "pglite", persisted: false, durability: "none" });
    await store.close();

    expect((await (database as PGlite).query("SELECT count(*)::int AS events FROM shared.events")).rows).toEqual([
      { events: 0 },
    ]);
  });

  test("a store without a database starts one in memory, and closes it", async () => {
    const stores = await Promise.all([openEventStore(pglite()), openSchema("rivulet", undefined)]);
    const [own, shared] = stores;
    await own.stream("own").append({ type: "happened" });

    expect([await own.head(), await shared.head()]).toEqual([1, 0]);
    await Promise.all(stores.map((store) => store.close()));
  }, 60_000);

  test("anything but a PGlite, and a schema whose name PostgreSQL would change, are refused", async () => {
    for (const [options, argument] of [
      [{ database: {} }, "database"],
      [{ database, schema: "Upper" }, "schema"],
      [{ database, indexedMetadata: "user" }, "indexedMetadata"],
      [{ dataDir: "folder" }, "dataDir"],
    ] as const) {
      await expect(openEventStore(pglite(options as PGliteOptions))).rejects.toMatchObject({
        code: "invalid-argument",
        details: { argument },
      });
    }
  });
});
