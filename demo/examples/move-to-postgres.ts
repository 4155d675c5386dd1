/**
 * Moving a running application from a file to PostgreSQL: most is copied while it appends, then it stops for as long as the rest takes.
 * Its argument is the address of a database; without one it moves to another file.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { copyStore } from "rivulet/copy";
import { postgres } from "rivulet/postgres";

const [connectionString] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "rivulet-move-"));
const before = betterSqlite3({ path: join(folder, "app.db") });
// The one line that changes in the application.
const after =
  connectionString === undefined ? betterSqlite3({ path: join(folder, "new.db") }) : postgres({ connectionString });

const mailed: number[] = [];
const mails = defineConsumer({ name: "mails", handler: ({ position }) => void mailed.push(position) });

async function order(store: EventStore, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await store.stream(`order-${n % 10}`).append({ type: "ordered", data: { n } });
}

let store = await openEventStore(before);
let consumer = store.consume(mails);
await order(store, 300);
await consumer.caughtUp();

// While the application goes on. Repeat it until little is left: each time it copies what was added since.
const appending = order(store, 100);
const first = await copyStore(before, after);
await appending;
const { copied } = await copyStore(before, after);
console.log(`copied while it ran: ${first.copied + copied} of ${await store.head()} events`);

// The cut: nothing is appended from here on. All events but the last were compared.
await order(store, 5);
await consumer.close();
await store.close();
const last = await copyStore(before, after, { verify: false });
console.log(`copied while it was stopped: ${last.copied} events, ${last.consumers} consumer`);

store = await openEventStore(after);
consumer = store.consume(mails);
await order(store, 10);
await consumer.caughtUp();
console.log(
  `${await store.head()} events; mailed ${mailed.length}, each once: ${new Set(mailed).size === mailed.length}`,
);
await store.close();
