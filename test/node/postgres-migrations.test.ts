import { openEventStore } from "rivulet";
import { postgres } from "rivulet/postgres";
import { describe, expect, test } from "vitest";
import { MIGRATIONS } from "../../dist/src/postgres/migrations.js";
import { rivulet } from "../support/command-line.ts";
import { connect } from "../support/postgres-client.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";

const PRESENT = MIGRATIONS.length;

/** How code of formats 1 and 2 stores an event. */
const APPEND = (schema: string): string =>
  `SELECT "${schema}".append_one(true, 10000, true, $1, NULL, NULL, $2, 'noted', 1, '1', NULL, 1000)`;

describe.skipIf(mayBeLeftOut())("a store on PostgreSQL of an older format", () => {
  const server = usePostgres();
  const older = MIGRATIONS.slice(0, -1).map((_, index) => index + 1);

  async function make(schema: string, format: number): Promise<void> {
    for (const migrate of MIGRATIONS.slice(0, format)) await server().query(migrate(`"${schema}"`));
    await server().query(`UPDATE "${schema}".meta SET value = '${format}' WHERE key = 'format'`);
  }

  test.each(older)("of format %i is migrated when it is opened, with its events and its lineage", async (format) => {
    const schema = `format_${format}`;
    await make(schema, format);
    const [{ lineage } = { lineage: "" }] = await server().query<{ lineage: string }>(
      `SELECT value AS lineage FROM "${schema}".meta WHERE key = 'lineage'`,
    );
    const client = await connect(server().host);
    await client.query(APPEND(schema), ["a", "first"]);
    await client.end();

    const { connectionString } = server();
    await using store = await openEventStore(postgres({ connectionString, schema }));
    await store.stream("a").append({ type: "noted", id: "second" }, { expectedVersion: 1 });

    expect(await store.info()).toMatchObject({ formatVersion: PRESENT, lineage });
    expect((await store.read().toArray()).map(({ id, timestamp }) => [id, timestamp >= 1_000])).toEqual([
      ["first", true],
      ["second", true],
    ]);
    expect(rivulet(["verify", `${connectionString}&schema=${schema}`])).toMatchObject({ code: 0, output: "" });
  });

  test("is migrated while code of the older format appends, which goes on, and cannot append to what is followed then", async () => {
    const schema = "at_work";
    await make(schema, PRESENT - 1);
    const client = await connect(server().host);
    const append = (stream: string, id: string): Promise<{ rows: { append_one: string | null }[] }> =>
      client.query({ name: "append", text: APPEND(schema), values: [stream, id] });
    let stored = 0;
    let working = true;
    const work = (async () => {
      for (; working || stored < 50; stored++) await append("a", `old-${stored}`);
    })();
    await expect.poll(() => stored).toBeGreaterThan(10);

    const { storage } = await postgres({ connectionString: server().connectionString, schema }).open();
    const migratedAt = stored;
    await expect.poll(() => stored).toBeGreaterThan(migratedAt + 10);
    working = false;
    await work;

    expect(await storage.head()).toBe(stored);
    await storage.sync?.follow([{ kind: "stream", name: "a" }]);
    expect((await append("a", "refused")).rows).toEqual([{ append_one: null }]);
    expect(await storage.head()).toBe(stored);
    await client.end();
    await storage.close();
  });
});
