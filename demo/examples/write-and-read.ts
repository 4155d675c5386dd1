/** Write and read: appending events to a stream, and getting them back. */
import { openEventStore, type Event } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";

type AccountEvent = Event<"opened", { owner: string }> | Event<"deposited", { amount: number }>;

// No path: a database in memory, gone with the process. With one, the events stay.
await using store = await openEventStore(betterSqlite3());
const account = store.stream<AccountEvent>("account-1");

const { version } = await account.append([
  { type: "opened", data: { owner: "Ada" } },
  { type: "deposited", data: { amount: 100 }, metadata: { teller: "Grace" } },
]);
console.log(`written: "${account.name}" is at version ${version}`);

// The version that this decision was made on: had somebody else written since, it would be refused.
await account.append({ type: "deposited", data: { amount: 50 } }, { expectedVersion: version });

for await (const event of account.read()) {
  console.log(`read: ${event.version} ${event.type} ${JSON.stringify(event.data)}`);
}

const [newest] = await account.read({ direction: "backward", limit: 1 }).toArray();
console.log(`newest: ${newest?.type} at position ${newest?.position}`);

// The same event again, under the same id: known, and not written twice.
const payment = { type: "deposited", id: "payment-7", data: { amount: 5 } } as const;
await account.append(payment);
const again = await account.append(payment);
console.log(`again: ${again.deduplicated} known, still at version ${await account.version()}`);
