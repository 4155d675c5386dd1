import { openEventStore, type StoredEvent } from "rivulet";
import type { EventStorage, PageQuery } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { readColumns } from "../../dist/src/read-models/page-columns.js";
import { readPage } from "../../dist/src/read/event-codec.js";
import { createPager } from "../../dist/src/read/pager.js";
import { temporaryPath } from "../support/temporary.ts";

const EVENTS = 6;

/** Parts of JSON, which together may be JSON although none or only some of them are. */
const TEXTS = {
  // The last is as if the text had the position of its event.
  data: ['"x', 'y"', "1,2", "[1", "2],3", "1],[2", '{"a":1', "", "2],3,0"],
  metadata: ['{"a":"x', 'y"}', "null,{}", '{"a":[1', "2]}", "2]},null", "{}],[{}", "", "2]},3,null"],
};

const WALK = { after: 0, upTo: Number.MAX_SAFE_INTEGER, direction: "forward" } as const;

type Outcome = readonly [seen: readonly (readonly [position: number, value: unknown])[], failed?: unknown];

interface Damaged {
  readonly storage: EventStorage;
  /** Sets the texts of the events at positions 2, 3 and 5, and returns what a reader should find. */
  damage(texts: readonly (string | undefined)[]): Outcome;
}

async function open(column: "data" | "metadata"): Promise<Damaged> {
  const path = temporaryPath();
  const adapter = betterSqlite3({ path });
  {
    await using store = await openEventStore(adapter);
    for (let n = 1; n <= EVENTS; n++)
      await store.stream("s").append({ type: n === 4 ? "b" : "a", data: { n }, metadata: { n } });
  }
  const { storage } = await adapter.open();
  const database = new Database(path);
  database.pragma("synchronous = OFF");
  onTestFinished(async () => {
    database.close();
    await storage.close();
  });
  const update = database.prepare<[string, number]>(`UPDATE events SET ${column} = ? WHERE position = ?`);
  const damage = database.transaction((texts: readonly (string | undefined)[]): Outcome => {
    const stored = Array.from({ length: EVENTS }, (_, index) => JSON.stringify({ n: index + 1 }));
    for (const [index, position] of [2, 3, 5].entries()) {
      stored[position - 1] = texts[index] ?? (stored[position - 1] as string);
      update.run(stored[position - 1] as string, position);
    }
    return truth(stored, column);
  });
  return { storage, damage };
}

/** What each text is by itself, up to the first that is damaged. */
function truth(stored: readonly string[], column: "data" | "metadata"): Outcome {
  const seen: (readonly [number, unknown])[] = [];
  for (const [index, text] of stored.entries()) {
    try {
      const value: unknown = JSON.parse(text);
      if (column === "metadata" && typeof value !== "object") throw new TypeError("metadata");
      seen.push([index + 1, value]);
    } catch {
      return [seen, { code: "storage-corrupt", position: index + 1 }];
    }
  }
  return [seen];
}

async function outcome(storage: EventStorage, column: "data" | "metadata", columns: boolean): Promise<Outcome> {
  const walk = {
    ...WALK,
    filter: { types: ["a", "b"] },
    fields: column === "data" ? [] : ([column] as const),
    columns,
  };
  const pager = createPager({ storage }, walk, undefined, columns ? readColumns : readPage);
  const seen: (readonly [number, unknown])[] = [];
  try {
    for (let page = await pager.next(); page !== undefined; page = await pager.next())
      seen.push(...page.map((event: StoredEvent) => [event.position, event[column]] as const));
    return [seen];
  } catch (error) {
    const { code, details } = error as { code: string; details: { position: number } };
    return [seen, { code, ...details }];
  }
}

test.each(["data", "metadata"] as const)(
  "whatever is damaged in %s of one, two or three events, readers of columns find the first of them, as readers of rows do",
  async (column) => {
    const { storage, damage } = await open(column);
    const some = [undefined, ...TEXTS[column]];

    for (const second of some) {
      for (const third of some) {
        for (const fifth of [undefined, "null,{}", "2],3", ""]) {
          const texts = [second, third, fifth];
          const expected = damage(texts);
          const found = { rows: await outcome(storage, column, false), columns: await outcome(storage, column, true) };
          expect({ texts, ...found }).toEqual({ texts, rows: expected, columns: expected });
        }
      }
    }
  },
);

test("a page of one stream has positions, not versions, however it is asked for", async () => {
  const path = temporaryPath();
  const adapter = betterSqlite3({ path });
  {
    await using store = await openEventStore(adapter);
    for (const name of ["a", "b", "b"]) await store.stream(name).append({ type: "t", data: { name } });
  }
  const { storage } = await adapter.open();
  onTestFinished(() => storage.close());
  const query: PageQuery = { ...WALK, stream: "b", limit: 10, fields: [] };

  const rows = await storage.readPage(query);
  const columns = await storage.readPage({ ...query, columns: true });

  expect(readColumns(columns)).toEqual(readPage(rows));
  expect(readColumns(columns).map(({ position }) => position)).toEqual([2, 3]);
});
