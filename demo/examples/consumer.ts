/**
 * Consumers. One keeps sums in another database and counts each event once, because sums and checkpoint change in one
 * transaction there. The other sends letters, which may fail, be sent again, and be parked.
 */
import Database from "better-sqlite3";
import { openEventStore, type Event } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer, type ConsumerCheckpoint } from "rivulet/consumers";

type Ordered = Event<"ordered", { customer: string; total: number }>;

const CUSTOMERS = ["ada", "grace", "linus"];

// The other database: a file, a server, anything with transactions.
const reports = new Database(":memory:");
reports.exec(`
  CREATE TABLE sums (customer TEXT PRIMARY KEY, orders INTEGER NOT NULL, total INTEGER NOT NULL);
  CREATE TABLE checkpoint (value TEXT NOT NULL);
  INSERT INTO checkpoint VALUES ('null');
`);
const selectCheckpoint = reports.prepare("SELECT value FROM checkpoint").pluck();
const moveCheckpoint = reports.prepare("UPDATE checkpoint SET value = ?");
const load = (): ConsumerCheckpoint | null => JSON.parse(selectCheckpoint.get() as string) as ConsumerCheckpoint | null;
const add = reports.prepare(
  "INSERT INTO sums VALUES (?, 1, ?) ON CONFLICT (customer) DO UPDATE SET orders = orders + 1, total = total + excluded.total",
);

let crashes = 1;

const sums = defineConsumer<Ordered>({
  name: "sums",
  types: ["ordered"],
  retry: { delay: 10 },
  checkpoint: { load },
  batchHandler: reports.transaction((events, { checkpoint }) => {
    // Skipping events that are already counted makes it exactly once.
    const known = load()?.position ?? 0;
    for (const event of events) if (event.position > known) add.run(event.data.customer, event.data.total);
    if (crashes-- > 0) throw new Error("the power went");
    if (checkpoint.position > known) moveCheckpoint.run(JSON.stringify(checkpoint));
  }),
});

const sent: string[] = [];
let open = false;

const letters = defineConsumer<Ordered>({
  name: "letters",
  types: ["ordered"],
  after: "head",
  retry: { attempts: 2, delay: 10 },
  onError: "park",
  async handler({ id, data }, { append }) {
    if (data.customer === "linus" && !open) throw new Error("nobody answered the door");
    sent.push(data.customer);
    // If the order is handled again, so is this append: with an id made from the order's id, the letter is stored once.
    await append([{ stream: "letters", events: { type: "sent", id: `letter for ${id}`, data: data.customer } }]);
  },
});

await using store = await openEventStore(betterSqlite3());
const orders = store.stream<Ordered>("orders");
await orders.append(
  Array.from({ length: 1_000 }, (_, n) => ({
    type: "ordered" as const,
    data: { customer: CUSTOMERS[n % 3] as string, total: n },
  })),
);

await using counting = store.consume(sums);
counting.subscribe(({ failing }) => {
  if (failing !== undefined) console.log(`try ${failing.attempt} failed: ${String(failing.error)}`);
});
await counting.caughtUp();
for (const row of reports.prepare("SELECT * FROM sums ORDER BY customer").all()) console.log(row);
console.log(`at ${counting.position}, ${await counting.lag()} behind`);

await using sending = store.consume(letters);
await sending.caughtUp();
console.log(`letters about the past: ${sent.length}`);
await orders.append(CUSTOMERS.map((customer) => ({ type: "ordered" as const, data: { customer, total: 5 } })));
await sending.caughtUp();
console.log(`sent to ${sent.join(" and ")}`);
for (const { position, attempts, message } of await sending.parked()) {
  console.log(`parked: ${position} after ${attempts} tries: ${message}`);
}
open = true;
console.log(`still parked: ${(await sending.retryParked()).length}, sent to ${sent.join(", ")}`);
const [letter] = await store.stream("letters").read().toArray();
const [order] = await orders.read({ after: 1_000 }).toArray();
console.log(`a letter knows its order: ${letter?.metadata["causationId"] === order?.id}`);

await counting.caughtUp();
const count = reports.prepare("SELECT sum(orders) FROM sums").pluck().get();
console.log(`orders in the other database: ${String(count)}`);
