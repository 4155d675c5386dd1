/** Asks random queries, and prints their results with the versions of what answered. Arguments: the file, the seed. */
import { createRequire } from "node:module";
import { openEventStore } from "rivulet";
import { givenEngine } from "../given-engine.ts";
import { askAtRandom } from "../statements-and-values.ts";

const [path = "", seed] = process.argv.slice(2);
const adapter = await givenEngine();
const store = await openEventStore(adapter({ path }));
const { adapter: engine } = await store.info();
const results = await askAtRandom(store, Number(seed));
await store.close();
console.log(JSON.stringify({ versions: { runtime: runtime(), ...engineVersions(engine) }, results }));

function runtime(): string {
  const { deno, bun, node } = process.versions;
  return deno ?? bun ?? node;
}

function engineVersions(name: string): { readonly engine: string; readonly sqlite: string } {
  interface Database {
    prepare(sql: string): { get(): unknown };
  }
  const load = createRequire(import.meta.url);
  const versionOf = (database: Database): string =>
    (database.prepare("SELECT sqlite_version() AS v").get() as { readonly v: string }).v;
  if (name === "node-sqlite") {
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite" as "node:fs") as unknown as {
      readonly DatabaseSync: new (path: string) => Database;
    };
    return { engine: "", sqlite: versionOf(new DatabaseSync(":memory:")) };
  }
  const BetterSqlite3 = load("better-sqlite3") as new (path: string) => Database;
  const { version } = load("better-sqlite3/package.json") as { readonly version: string };
  return { engine: version, sqlite: versionOf(new BetterSqlite3(":memory:")) };
}
