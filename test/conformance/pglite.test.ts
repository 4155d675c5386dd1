import { PGlite } from "@electric-sql/pglite";
import { openEventStore, type EventStore, type OpenOptions } from "rivulet";
import { pglite, type PGliteOptions } from "rivulet/pglite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeConformance } from "../support/conformance.ts";

describe("in an embedded PostgreSQL", () => {
  const schemas = new WeakMap<EventStore, string>();
  let database: PGlite | undefined;
  let count = 0;

  // It takes seconds to start, so the cases share one, each with a schema of its own.
  beforeAll(async () => {
    database = await PGlite.create();
  }, 60_000);
  afterAll(() => database?.close());

  async function openSchema(schema: string, options: OpenOptions | undefined): Promise<EventStore> {
    const store = await openEventStore(pglite({ database: database as PGlite, schema }), options);
    schemas.set(store, schema);
    return store;
  }
  const again = (store: EventStore, options?: OpenOptions): Promise<EventStore> =>
    openSchema(schemas.get(store) as string, options);

  describeConformance(
    "pglite",
    {
      open: (options) => openSchema(`case_${++count}`, options),
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
