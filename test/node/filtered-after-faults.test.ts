import Database from "better-sqlite3";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { faultySqlite, type Fault } from "../support/faulty-sqlite.ts";
import { recordStatements } from "../support/statements.ts";
import { temporaryPath } from "../support/temporary.ts";

const MANY = Array.from({ length: 1_000 }, () => ({ type: "often" }));

const FAULTS: readonly Pick<Fault, "at" | "rollsBack" | "afterwards">[] = [
  { at: "INSERT INTO events", rollsBack: true, afterwards: false },
  { at: "INSERT INTO events", rollsBack: false, afterwards: false },
  { at: "COMMIT", rollsBack: true, afterwards: false },
  { at: "COMMIT", rollsBack: false, afterwards: true },
];

test.each(FAULTS)("events are found by their types also after a fault: %j", async (fault) => {
  const adapter = faultySqlite(temporaryPath());
  await using store = await openEventStore(adapter);
  await store.stream("a").append(MANY);

  // The last event of the failed transaction, so that the others were noted before the fault.
  adapter.arm({ ...fault, skip: fault.at === "COMMIT" ? 0 : 2, code: "SQLITE_FULL" });
  await Promise.allSettled(["rare", "odd", "even"].map((type) => store.stream(type).append({ type })));
  expect(adapter.strikes).toBe(1);
  await store.stream("a").append([{ type: "rare" }, { type: "odd" }, { type: "even" }]);
  await store.stream("a").append(MANY);

  const all = await store.read().toArray();
  for (const type of ["rare", "odd", "even"]) {
    const found = await store.read({ types: [type] }).toArray();
    expect(found).toEqual(all.filter((event) => event.type === type));
    expect(found.length).toBeGreaterThan(0);
  }
});

test("events are found by their types whichever process has stored them", async () => {
  const path = temporaryPath();
  await using one = await openEventStore(betterSqlite3({ path }));
  await using other = await openEventStore(betterSqlite3({ path }));
  await one.stream("a").append(MANY);
  for (let n = 0; n < 6; n++) {
    const [first, second] = n % 2 === 0 ? [one, other] : [other, one];
    await first.stream("b").append({ type: `type-${n % 3}` });
    await second.stream("b").append([{ type: `type-${(n + 1) % 3}` }, { type: "often" }]);
  }
  await one.stream("a").append(MANY);

  for (const store of [one, other]) {
    const all = await store.read({ streams: ["b"] }).toArray();
    for (const type of ["type-0", "type-1", "type-2"]) {
      expect(await store.read({ types: [type] }).toArray()).toEqual(all.filter((event) => event.type === type));
    }
  }
});

test.each([[["new"]], [["new", "other"]]])("a page by %j has what is stored between its statements", async (types) => {
  let left = -1;
  let path = "";
  recordStatements(() => {
    if (left-- === 0) storeNewType(path);
  });
  for (let statement = 0; ; statement++) {
    path = temporaryPath();
    const store = await openEventStore(betterSqlite3({ path }));
    await store.stream("a").append(MANY);
    await store.close();
    const { storage } = await betterSqlite3({ path }).open();
    left = statement;
    const range = { after: 0, upTo: Number.MAX_SAFE_INTEGER, direction: "forward", limit: 10 } as const;
    const { head, count } = await storage.readPage({ ...range, filter: { types } });
    const all = left >= 0;
    left = -1;
    await storage.close();
    // A page does not end beyond an event that it should have.
    expect(count, `before statement ${statement}`).toBe(head - MANY.length);
    if (all) return expect(statement).toBeGreaterThan(2);
  }
});

/** Stores the first event of a type, as another process would. */
function storeNewType(path: string): void {
  const database = new Database(path);
  database.exec(`
    INSERT INTO types (name) VALUES ('new');
    INSERT INTO events (stream, version, id, type, type_version, timestamp)
      SELECT stream, version + 1, 'new', last_insert_rowid(), 1, timestamp FROM events ORDER BY position DESC LIMIT 1;
    INSERT INTO event_blocks (term, block) SELECT type, (position - 1) / 64 FROM events WHERE id = 'new';
  `);
  database.close();
}
