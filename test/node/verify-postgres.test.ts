import { openEventStore } from "rivulet";
import { postgres } from "rivulet/postgres";
import { describe, expect, test } from "vitest";
import { rivulet } from "../support/command-line.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";

describe.skipIf(mayBeLeftOut())("verify, of a store on PostgreSQL", () => {
  const server = usePostgres();
  let count = 0;

  /** Eight events in two streams, a snapshot, a consumer's checkpoint, a parked event and a lease. */
  async function filled(): Promise<{ readonly schema: string; readonly address: string }> {
    const schema = `verify_${++count}`;
    const { connectionString } = server();
    await using store = await openEventStore(postgres({ connectionString, schema }), { clock: () => 1_000 });
    for (let n = 1; n <= 4; n++) {
      await store.stream("odd").append({ type: "counted", data: n });
      await store.stream("even").append({ type: "counted", data: n, metadata: { n } });
    }
    await store.stream("odd").saveSnapshot({ projection: "sum", version: 4, state: 10 });
    await server().query(`INSERT INTO ${schema}.checkpoints VALUES ('audit', 8);
      INSERT INTO ${schema}.parked VALUES ('consumer/audit', 3, '"no"', 1, 1000);
      INSERT INTO ${schema}.leases VALUES ('consumer/audit', 'someone', 1, 1000);
      UPDATE ${schema}.meta SET value = '1' WHERE key = 'last_lease'`);
    return { schema, address: `${connectionString}&schema=${schema}` };
  }

  test("it finds no problem in a sound store, and says what it has read", async () => {
    const { address } = await filled();

    const { code, output, errors } = rivulet(["verify", address]);

    expect([code, output]).toEqual([0, ""]);
    expect(errors).toBe("rivulet: nothing wrong: 8 events, 2 streams, 1 snapshot, not replayed\n");
  });

  test.each<[damage: string, sql: string, problem: RegExp]>([
    ["a missing event", "DELETE FROM events WHERE position = 3", /^event\tposition 3\tmissing$/m],
    [
      "missing versions",
      "UPDATE events SET version = 9 WHERE position = 7",
      /^event\tposition 7\tit has version 9 of stream "odd", where 4 comes next$/m,
    ],
    [
      "times that go back",
      "UPDATE events SET timestamp = 999 WHERE position = 5",
      /^event\tposition 5\tits timestamp 999 is less than 1000/m,
    ],
    [
      "an invalid time",
      "UPDATE events SET timestamp = -1 WHERE position = 1",
      /^event\tposition 1\tits timestamp -1 is invalid$/m,
    ],
    [
      "data that is not JSON",
      "UPDATE events SET data = '{' WHERE position = 2",
      /^event\tposition 2\tits data is not JSON$/m,
    ],
    [
      "data that JSON.parse would lose",
      `UPDATE events SET data = '{"n":1,"n":1}' WHERE position = 2`,
      /^event\tposition 2\tits data is not as rivulet writes it: n: duplicate key/m,
    ],
    [
      "metadata that is no object",
      "UPDATE events SET metadata = '[]' WHERE position = 2",
      /^event\tposition 2\tits metadata is not a JSON object$/m,
    ],
    [
      "a schema version",
      "UPDATE events SET schema_version = 0 WHERE position = 2",
      /^event\tposition 2\tits schema version is 0$/m,
    ],
    [
      "positions before the first",
      "UPDATE events SET position = -1 WHERE position = 1",
      /^event\tposition -1\tpositions begin at 1$/m,
    ],
    [
      "a read model ahead of the events",
      "INSERT INTO models (name, schema, tables, checkpoint) VALUES ('totals', 2, '[]', 9)",
      /^checkpoint\tread model totals, schema 2\t.*9/m,
    ],
    [
      "a rebuild ahead of the events",
      "INSERT INTO models (name, schema, tables, checkpoint, rebuild) VALUES ('totals', 2, '[]', 8, 9)",
      /^checkpoint\trebuild of read model totals, schema 2\t.*9/m,
    ],
    [
      "a snapshot ahead of its stream",
      "UPDATE snapshots SET version = 5",
      /^snapshot\todd, projection sum, schema 1, version 5\tit is ahead of the events, which end at 4$/m,
    ],
    ["a snapshot that is not JSON", "UPDATE snapshots SET state = 'x'", /^snapshot\t.*\tits state is not JSON$/m],
    [
      "a checkpoint ahead of the head",
      "UPDATE checkpoints SET position = 9",
      /^checkpoint\tconsumer audit\tit is at position 9, ahead/m,
    ],
    [
      "a parked event ahead of the head",
      "UPDATE parked SET position = 9",
      /^checkpoint\tevent parked by consumer\/audit\tit is at position 9, ahead/m,
    ],
    ["a lease with a future token", "UPDATE leases SET token = 2", /^file\tlease consumer\/audit\tit has the token 2/m],
    [
      "a generation that is no number",
      "UPDATE meta SET value = 'x' WHERE key = 'replica_generation'",
      /^file\tmeta, replica_generation\tx is not a valid count$/m,
    ],
    ["no lineage", "DELETE FROM meta WHERE key = 'lineage'", /^file\tmeta, lineage\tmissing$/m],
    [
      "a trigger",
      "CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER strange BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION t()",
      /^file\tschema\ttrigger events.strange is not rivulet's$/m,
    ],
    [
      "a dropped constraint",
      "ALTER TABLE events DROP CONSTRAINT events_stream_version_key",
      /^file\tschema\tconstraint events.events_stream_version_key is missing$/m,
    ],
    [
      "another function",
      "CREATE OR REPLACE FUNCTION position_at(moment bigint) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 1::bigint'",
      /^file\tschema\tfunction position_at\(moment bigint\) is not as rivulet makes it$/m,
    ],
    [
      "another column",
      "ALTER TABLE snapshots ADD COLUMN strange int NOT NULL DEFAULT 1",
      /^file\tschema\tcolumn snapshots.strange is not rivulet's$/m,
    ],
  ])("it finds %s", async (_damage, sql, problem) => {
    const { schema, address } = await filled();
    await server().query(`SET search_path = ${schema}; ${sql}`);

    const { code, output } = rivulet(["verify", address]);

    expect(output).toMatch(problem);
    expect(code).toBe(1);
  });

  test("a role that may only read verifies all but the schema, which is said; nothing is changed", async () => {
    const { schema, address } = await filled();
    await server().query(
      `CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA ${schema} TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO reader`,
    );

    const { code, errors } = rivulet(["verify", address.replace("user=rivulet", "user=reader")]);

    expect([code, errors]).toEqual([
      0,
      "rivulet: nothing wrong: 8 events, 2 streams, 1 snapshot, not replayed, the schema was not compared: the role may not create one here\n",
    ]);
    expect(await server().query("SELECT FROM pg_namespace WHERE nspname ~ '^rivulet_'")).toEqual([]);
  });

  test("a schema without a store is refused", () => {
    const { code, errors } = rivulet(["verify", `${server().connectionString}&schema=nothing`]);

    expect([code, errors]).toEqual([3, expect.stringContaining('no store in the schema "nothing"')]);
  });
});
