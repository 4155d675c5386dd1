/** Write and read: appending events to a stream, and reading them back. */
import { openEventStore, type Event } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";

type AccountEvent = Event<"opened", { owner: string }> | Event<"deposited", { amount: number }>;

// Without a path, the database is in memory and ends with the process. With one, the events are kept.
await using store = await openEventStore(betterSqlite3());
const account = store.stream<AccountEvent>("account-1");

const { version } = await account.append([
  { type: "opened", data: { owner: "Ada" } },
  { type: "deposited", data: { amount: 100 }, metadata: { teller: "Grace" } },
]);
console.log(`written: "${account.name}" is at version ${version}`);

// The version that this decision was based on: if another writer had appended since, this append would be refused.
await account.append({ type: "deposited", data: { amount: 50 } }, { expectedVersion: version });

for await (const event of account.read()) {
  console.log(`read: ${event.version} ${event.type} ${JSON.stringify(event.data)}`);
}

const [newest] = await account.read({ direction: "backward", limit: 1 }).toArray();
console.log(`newest: ${newest?.type} at position ${newest?.position}`);

// The same event again, with the same id: it is recognised, and not stored twice.
const payment = { type: "deposited", id: "payment-7", data: { amount: 5 } } as const;
await account.append(payment);
const again = await account.append(payment);
console.log(`again: ${again.deduplicated} known, still at version ${await account.version()}`);
