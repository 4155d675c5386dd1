import { openEventStore, type Event, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { ndjson } from "rivulet/ndjson";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { fork } from "rivulet/time-travel";
import { describe, expect, test } from "vitest";
import { rivulet } from "../support/command-line.ts";
import { sqlText, tamper } from "../support/damage.ts";
import { temporaryPath } from "../support/temporary.ts";

type Counted = Event<"counted", number>;

const HEAD = 3;

const sum = defineProjection<number, Counted>({
  name: "sum",
  initial: () => 0,
  on: { counted: (total, { data }) => total + data },
  snapshots: { every: 1 },
});

const rows = table("rows", "n INTEGER");
const model = (schema = 1) =>
  defineReadModel<Counted>({
    name: "m",
    schema,
    tables: [rows],
    on: { counted: ({ data }) => sql`INSERT INTO ${rows} VALUES (${data})` },
  });
const consumer = defineConsumer<Counted>({ name: "c", handler: () => undefined });

type Use = (store: EventStore) => Promise<unknown>;

const CONSUMER: readonly (readonly [string, Use])[] = [
  ["its end", (store) => store.consume(consumer).ended],
  ["what it reports", (store) => store.consume(consumer).caughtUp()],
  ["its lag", (store) => store.consume(consumer).lag()],
];
const SNAPSHOT: readonly (readonly [string, Use])[] = [
  ["who asks for it", (store) => store.stream("a").loadSnapshot("sum")],
];
const MODEL: readonly (readonly [string, Use])[] = [["a read model", (store) => store.readModel(model())]];

const lease = (name: string, holder: string, token: number | string, expires: number | string): string =>
  `INSERT OR REPLACE INTO leases VALUES (${sqlText(name)}, ${sqlText(holder)}, ${token}, ${expires})`;
const LAST = "(SELECT value FROM meta WHERE key = 'last_lease')";

/** The damaged value, the SQL that damages it, its uses, the pattern of the error's message, and the error's details. */
const DAMAGES: readonly (readonly [
  what: string,
  damage: string,
  uses: readonly (readonly [string, Use])[],
  place: RegExp,
  details: object,
])[] = [
  [
    "a stream's snapshot ahead of the events",
    "UPDATE snapshots SET version = 9 WHERE stream <> 0 AND version = 3",
    SNAPSHOT,
    /"a", projection "sum", schema 1,.* 9,.* end at 3/,
    {},
  ],
  [
    "a stream's snapshots before the first version",
    "UPDATE snapshots SET version = version - 9 WHERE stream <> 0",
    SNAPSHOT,
    /"a", projection "sum", schema 1,.* -6/,
    {},
  ],
  [
    "a stream's snapshot that is not JSON",
    "UPDATE snapshots SET state = 'oops'",
    SNAPSHOT,
    /"sum", version 3 of stream "a"/,
    {},
  ],
  [
    "a consumer's position ahead of the events",
    "UPDATE checkpoints SET position = 9",
    CONSUMER,
    /"c".* 9.* 3/,
    { position: 9 },
  ],
  ["a negative consumer's position", "UPDATE checkpoints SET position = -9", CONSUMER, /"c".* -9/, { position: -9 }],
  ["a read model ahead of the events", "UPDATE models SET checkpoint = 9", MODEL, /"m".* 9.* 3/, { position: 9 }],
  [
    "a lease that is taken for three thousand years",
    lease("consumer/c", `x ${10 ** 14}`, LAST, 10 ** 14),
    CONSUMER.slice(0, 1),
    /^lease consumer\/c: .*100000000000000/,
    {},
  ],
  [
    "a lease that runs out before time began",
    lease("consumer/c", "x 10000", LAST, -1),
    CONSUMER.slice(0, 1),
    /^lease consumer\/c: .*-1/,
    {},
  ],
  [
    "a lease that runs out when no clock gets",
    lease("consumer/c", "x 10000", LAST, "9223372036854775807"),
    CONSUMER.slice(0, 1),
    /^lease consumer\/c: /,
    {},
  ],
  [
    "a lease whose token nobody was given",
    lease("consumer/c", "x 10000", 10 ** 9, 1),
    CONSUMER.slice(0, 1),
    /^lease consumer\/c: .*1000000000/,
    {},
  ],
  [
    "a lease whose token is negative",
    lease("consumer/c", "x 10000", -7, 1),
    CONSUMER.slice(0, 1),
    /^lease consumer\/c: .*-7/,
    {},
  ],
];

describe.each(DAMAGES)("%s is reported as damage, with its position", (_what, damage, uses, place, details) => {
  for (const [use, run] of uses) {
    test.each([false, true])(`by ${use}; in a worker: %s`, async (worker) => {
      const path = await fill();
      tamper(path, damage);
      const store = await openEventStore(betterSqlite3({ path, worker }));

      const error = await run(store).catch((thrown: unknown) => thrown);

      expect(error).toMatchObject({ code: "storage-corrupt", message: expect.stringMatching(place), details });
      // Other users of the file are not affected.
      expect((await store.stream("a").append({ type: "counted", data: 1 })).position).toBe(HEAD + 1);
      await store.close();
    });
  }

  test("by verify", async () => {
    const path = await fill();
    tamper(path, damage);

    const { code, output } = rivulet(["verify", path]);

    expect([code, output]).toEqual([1, expect.stringMatching(/^(snapshot|checkpoint|file)\t/)]);
  });
});

const NESTED = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;

describe("an event nested 100,000 deep, written by another program, is reported as damage with its position", () => {
  const USES: readonly (readonly [string, Use])[] = [
    ["an export", (store) => store.exportEvents(ndjson).toArray()],
    ["a copy", (store) => fork(store)],
    ["a copy of the past", (store) => fork(store.at(HEAD))],
  ];

  test.each([[[]], [["--json"]]])("by `rivulet events` with %j", async (options) => {
    const path = await fill();
    tamper(path, `UPDATE events SET data = ${sqlText(NESTED)} WHERE position = 2`);

    const { code, errors } = rivulet(["events", path, ...options]);

    expect([code, errors]).toEqual([3, expect.stringContaining("position 2")]);
  });

  for (const column of ["data", "metadata"]) {
    const value = column === "data" ? NESTED : `{"a":${NESTED}}`;
    for (const [use, run] of USES) {
      test(`by ${use}, in its ${column}`, async () => {
        const path = await fill();
        tamper(path, `UPDATE events SET ${column} = ${sqlText(value)} WHERE position = 2`);
        const store = await openEventStore(betterSqlite3({ path }));

        const error = await run(store).catch((thrown: unknown) => thrown);

        expect(error).toMatchObject({ code: "storage-corrupt", details: { position: 2 } });
        await store.close();
      });
    }
  }
});

/** Three events with snapshots, a consumer's checkpoint and a read model. */
async function fill(): Promise<string> {
  const path = temporaryPath();
  const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  const stream = store.stream<Counted>("a");
  await stream.append([
    { id: "first", type: "counted", data: 1 },
    { id: "second", type: "counted", data: 2 },
    { id: "third", type: "counted", data: 3 },
  ]);
  await stream.load(sum);
  await store.load(sum);
  const started = store.consume(consumer);
  await started.caughtUp();
  await started.close();
  const built = await store.readModel(model());
  await built.caughtUp();
  await store.close();
  return path;
}
