/**
 * One of several processes that sell from one stock. It says "opened", waits for "go", sells, and ends with "done" and what
 * became of each command. Arguments: the file, its name, how many commands, whether with keys that the others use too.
 */
import { createInterface } from "node:readline";
import { openEventStore, type Event } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineDecider } from "rivulet/deciders";

type Sold = Event<"sold", { by: string; command: number; left: number }>;

const [path = "", name = "", count = "", shared = ""] = process.argv.slice(2);

const stock = defineDecider<number, { command: number; of: number }, Sold>({
  name: "stock",
  initial: () => 0,
  evolve: { sold: (sold) => sold + 1 },
  decide: ({ command, of }, sold) =>
    sold >= of ? undefined : { type: "sold", data: { by: name, command, left: of - sold - 1 } },
  snapshots: { every: 50 },
});

const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
const stream = store.stream<Sold>("stock");
console.log("opened");
await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next();

const of = shared === "" ? 4 * Number(count) - 10 : Number(count);
const results: (number | null)[] = [];
for (let command = 0; command < Number(count); command++) {
  const key = shared === "" ? {} : { idempotencyKey: `command-${command}` };
  const { events } = await stream.execute(stock, { command, of }, key);
  results.push(events[0]?.version ?? null);
}
await store.close();
console.log(`done ${JSON.stringify(results)}`);
process.stdin.destroy();
