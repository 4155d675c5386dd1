import { openEventStore, type Adapter, type Event, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { copyStore } from "rivulet/copy";
import { defineDecider } from "rivulet/deciders";
import { inspectStore } from "rivulet/inspection";
import { postgres } from "rivulet/postgres";
import { defineProjection } from "rivulet/projections";
import { describe, expect, test } from "vitest";
import { rivulet } from "../support/command-line.ts";
import { tamper } from "../support/damage.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { temporaryPath } from "../support/temporary.ts";

type Counted = Event<"counted", number>;

/** The three events of the stream, and what they add up to. */
const HEAD = 3;
const SUM = 6;

/** Rarely saved: a damaged snapshot is replaced at once all the same. */
const sum = defineProjection<number, Counted>({
  name: "sum",
  initial: () => 0,
  on: { counted: (total, { data }) => total + data },
  snapshots: { every: 3 },
});

const counter = defineDecider<number, number, Counted>({
  name: "counter",
  initial: () => 0,
  evolve: { counted: (total, { data }) => total + data },
  decide: (by, total) => (by === 0 ? [] : { type: "counted", data: by + total - total }),
  snapshots: { every: 3 },
});

/** Damage that a load can meet: SQL that SQLite and PostgreSQL understand. */
const DAMAGES: readonly (readonly [what: string, damage: string])[] = [
  ["text that is not JSON", "UPDATE snapshots SET state = 'oops'"],
  ["no text", "UPDATE snapshots SET state = ''"],
  ["JSON that was cut off", `UPDATE snapshots SET state = '{"sum":'`],
  ["a version after the newest event", "UPDATE snapshots SET version = 9"],
  ["the largest version", "UPDATE snapshots SET version = 9007199254740991"],
  ["version zero", "UPDATE snapshots SET version = 0"],
  ["a negative version", "UPDATE snapshots SET version = -6"],
];

const PAST = "a state of the past";

/** What folds events, and what each resolves with although its snapshot is damaged. */
const USES: readonly (readonly [what: string, use: (store: EventStore) => Promise<unknown>])[] = [
  ["a stream's state", async (store) => (await store.stream("a").load(sum)).state],
  ["the state of all streams", async (store) => (await store.load(sum)).state],
  [PAST, async (store) => (await store.at(HEAD).stream("a").load(sum)).state],
  ["a live state of a stream", (store) => caughtUp(store, { stream: "a" })],
  ["a live state of all streams", (store) => caughtUp(store, {})],
  ["a live state of some events", (store) => caughtUp(store, { streams: ["a"] })],
  ["a command", async (store) => (await store.stream("a").execute(counter, 0)).state],
  ["the inspector's steps", async (store) => (await inspectStore(store).steps(sum, { limit: 0 })).state],
];

async function caughtUp(store: EventStore, options: object): Promise<number> {
  const live = store.project(sum, options);
  const { state } = await live.caughtUp();
  live.close();
  return state;
}

/** How many snapshots are ahead of the three events. */
async function ahead(store: EventStore): Promise<number> {
  const { snapshots } = await inspectStore(store).snapshots();
  return snapshots.filter(({ version }) => version > HEAD).length;
}

/** Whether there is a sound snapshot, and fewer that are ahead of the events than at first. */
async function replaced(store: EventStore, aheadAtFirst: number): Promise<boolean> {
  const { snapshots } = await inspectStore(store).snapshots();
  const sound = snapshots.some(({ version, state }) => version === HEAD && state === String(SUM));
  return sound && (aheadAtFirst === 0 || (await ahead(store)) < aheadAtFirst);
}

interface Damageable {
  readonly adapter: Adapter;
  /** The same in this thread. */
  readonly direct: Adapter;
  /** What the command line calls it. */
  readonly address: string;
  damage(sql: string): unknown;
}

function describeEngine(engine: string, create: () => Promise<Damageable>, damages = DAMAGES): void {
  describe.each(damages)(`snapshots in ${engine} with %s`, (_what, sql) => {
    test.each(USES)("do not keep %s from being folded, and are replaced", async (what, use) => {
      const { adapter, damage } = await filled(await create());
      await damage(sql);
      const store = await openEventStore(adapter);

      const all = await ahead(store);
      expect(await use(store)).toBe(SUM);
      // A live state is shown before its snapshot is saved. One of the past is not saved.
      if (what !== PAST) await expect.poll(() => replaced(store, all)).toBe(true);
      // What was ahead of the events is gone before others reach it.
      await store.stream("a").append(Array.from({ length: 8 }, () => ({ type: "counted", data: 10 })));
      expect(await use(store)).toBe(what === PAST ? SUM : SUM + 80);
      await store.close();
    });

    test("are told by verify and by who asks for the snapshot itself, and a copy does without them", async () => {
      const { adapter, direct, damage, address } = await filled(await create());
      await damage(sql);
      const store = await openEventStore(adapter);

      const asked = await store
        .stream("a")
        .loadSnapshot(sum)
        .catch((error: unknown) => error);
      expect(asked).toMatchObject({ code: "storage-corrupt" });
      const copied = await copyStore(direct, betterSqlite3({ path: temporaryPath() }));
      expect(copied.events).toBe(HEAD);
      await store.close();
      expect(rivulet(["verify", address])).toMatchObject({ code: 1, output: expect.stringMatching(/^snapshot\t/) });
    });
  });
}

/** Three events, and snapshots of every way to fold them. */
async function filled(place: Damageable): Promise<Damageable> {
  await using store = await openEventStore(place.adapter);
  await store.stream("a").append([1, 2, 3].map((data) => ({ type: "counted", data })));
  for (const [, use] of USES) expect(await use(store)).toBe(SUM);
  return place;
}

function onFile(worker: boolean): Promise<Damageable> {
  const path = temporaryPath();
  const [adapter, direct] = [worker, false].map((apart) =>
    betterSqlite3({ path, durability: "normal", worker: apart }),
  ) as [Adapter, Adapter];
  return Promise.resolve({ adapter, direct, address: path, damage: (sql) => tamper(path, sql) });
}

test.each([
  ["newest", "version = 9", 3],
  ["two newest", "version >= 6", 6],
  ["only", "version > 0", 9],
])(
  "where the %s of the snapshots cannot be read, the events after the one before are folded",
  async (_which, where, expected) => {
    const path = temporaryPath();
    let folded = 0;
    const counting = defineProjection<number, Counted>({
      name: "counting",
      initial: () => 0,
      on: { counted: (total, { data }) => ((folded += 1), total + data) },
      snapshots: { every: 3 },
    });
    await using store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
    for (let count = 0; count < 3; count++) {
      await store.stream("a").append([1, 2, 3].map((data) => ({ type: "counted", data })));
      await store.stream("a").load(counting);
    }
    tamper(path, `UPDATE snapshots SET state = 'oops' WHERE ${where}`);

    folded = 0;
    expect((await store.at(9).stream("a").load(counting)).state).toBe(18);
    expect(folded).toBe(expected);
    folded = 0;
    expect((await store.stream("a").load(counting)).state).toBe(18);
    expect(folded).toBe(expected);
    folded = 0;
    expect((await store.at(9).stream("a").load(counting)).state).toBe(18);
    expect(folded).toBe(0);
  },
);

describeEngine("SQLite", () => onFile(false));
// Errors come from another thread: of each kind of damage one.
describeEngine("SQLite in a worker", () => onFile(true), [DAMAGES[0], DAMAGES[3]] as typeof DAMAGES);

describe.skipIf(mayBeLeftOut())("on a server,", () => {
  const server = usePostgres();
  let count = 0;

  describeEngine("PostgreSQL", async () => {
    const schema = `snapshots_${++count}`;
    const { connectionString } = server();
    const adapter = postgres({ connectionString, schema });
    return {
      adapter,
      direct: adapter,
      address: `${connectionString}&schema=${schema}`,
      damage: (sql) => server().query(sql.replace("snapshots", `${schema}.snapshots`)),
    };
  });
});
