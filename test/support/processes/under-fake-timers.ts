/** Uses a store while all that a test may fake stands still: `before` or `after` loading it, over the adapter that is named. */
import timers from "node:timers";
import { tmpdir } from "node:os";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

const [when, adapterName] = process.argv.slice(2);

function standStill(): void {
  const nothing = (): number => 1;
  for (const name of ["setTimeout", "setInterval", "setImmediate"]) Object.assign(timers, { [name]: nothing });
  for (const name of ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"]) {
    Object.assign(globalThis, { [name]: nothing });
  }
  process.nextTick = nothing as typeof process.nextTick;
  const now = Date.UTC(2030, 0, 1);
  globalThis.Date = class extends Date {
    static override now = (): number => now;
  } as DateConstructor;
  Object.assign(globalThis, { performance: { now: () => 0 } });
}

if (when === "before") standStill();
const { memory, openEventStore } = await import("rivulet");
const { betterSqlite3 } = await import("rivulet/better-sqlite3");
const { defineConsumer } = await import("rivulet/consumers");
const { defineReadModel, sql, table } = await import("rivulet/read-models");
const folder = mkdtempSync(join(tmpdir(), "rivulet-"));
const path = join(folder, "events.db");
const adapters = {
  memory: () => memory(),
  inline: () => betterSqlite3({ path }),
  worker: () => betterSqlite3({ path, worker: true }),
};
if (when === "after") standStill();

const store = await openEventStore(adapters[adapterName as keyof typeof adapters]());
if (when === "opened") standStill();
const stream = store.stream("a");
for (let count = 0; count < 20; count++) await stream.append({ type: "counted" });
await Promise.all(Array.from({ length: 20 }, () => stream.append({ type: "counted" })));
const steps: unknown[] = [(await store.read().toArray()).length];

const watching = store.watch({ after: 39 });
steps.push((await watching.next()).value.position);
const next = watching.next();
const { events } = await stream.append({ type: "counted" });
steps.push((await next).value.position, events[0]?.timestamp === Date.UTC(2030, 0, 1));
await watching.return?.();

let handled = 0;
const consumer = store.consume(defineConsumer({ name: "counter", handler: async () => void (handled += 1) }));
await consumer.caughtUp();
steps.push(handled);
await consumer.close();

if (adapterName !== "memory") {
  const counts = table("counts", "position INTEGER");
  const model = await store.readModel(
    defineReadModel({
      name: "counts",
      schema: 1,
      tables: [counts],
      on: { counted: ({ position }) => sql`INSERT INTO ${counts} VALUES (${position})` },
    }),
  );
  await model.caughtUp();
  steps.push((await model.query(sql`SELECT * FROM ${counts}`)).length);
}
await store.close();
rmSync(folder, { recursive: true });
console.log(JSON.stringify(steps));
