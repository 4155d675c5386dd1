/**
 * Does blocks of work on an engine of the runtime that this is: for each line with the name of a work and of who does it, as JSON, prints
 * how long the block took, in milliseconds. Arguments: the engine, a folder for its files.
 */
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openEventStore, type Adapter } from "rivulet";
import { createBlocks, type RawEngine, type Who, type WorkName } from "./engine-work.ts";
import { INSERT } from "./raw-schema.ts";

/** What both bindings have, better-sqlite3 and node:sqlite. */
interface Binding {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(...values: readonly unknown[]): unknown;
    all(...values: readonly unknown[]): unknown[];
    raw?(): unknown;
    setReturnArrays?(arrays: boolean): void;
  };
}

const [engine = "", folder = ""] = process.argv.slice(2);
const path = join(folder, `${engine}-${process.pid}`);
const store = await openEventStore(await adapter());
const blocks = createBlocks(async () => store, await openRaw());
await blocks.prepare("ours");
await blocks.prepare("raw");
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [work, who] = JSON.parse(line) as [WorkName, Who];
  const started = performance.now();
  await blocks.run(work, who);
  console.log(String(performance.now() - started));
}
await store.close();

async function adapter(): Promise<Adapter> {
  const options = { path: `${path}-rivulet.db` };
  if (engine === "better-sqlite3") return (await import("rivulet/better-sqlite3")).betterSqlite3(options);
  return (await import("rivulet/node-sqlite")).nodeSqlite(options);
}

async function openRaw(): Promise<() => RawEngine> {
  const database = await openBinding(`${path}-raw.db`);
  const pages = new Map<string, ReturnType<Binding["prepare"]>>();
  return () => {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8000");
    let insert: ReturnType<Binding["prepare"]> | undefined;
    const begin = database.prepare("BEGIN IMMEDIATE");
    const commit = database.prepare("COMMIT");
    return {
      exec: (sql) => void database.exec(sql),
      transaction(work) {
        begin.run();
        work();
        commit.run();
      },
      insert: (values) => void (insert ??= database.prepare(INSERT)).run(...values),
      page(sql, position) {
        let page = pages.get(sql);
        if (page === undefined) {
          pages.set(sql, (page = database.prepare(sql)));
          if (page.raw === undefined) page.setReturnArrays?.(true);
          else page.raw();
        }
        return page.all(position) as unknown[][];
      },
    };
  };
}

async function openBinding(file: string): Promise<Binding> {
  if (engine === "better-sqlite3") return new (await import("better-sqlite3")).default(file);
  const name = "node:sqlite";
  const { DatabaseSync } = (await import(name)) as { readonly DatabaseSync: new (path: string) => Binding };
  return new DatabaseSync(file);
}
