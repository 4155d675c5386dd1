/**
 * Commands: each seat of a show is sold once, even if two customers want the last one, or one customer sends a command
 * twice.
 */
import { openEventStore, type Event } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineDecider } from "rivulet/deciders";
import { defineEvents } from "rivulet/events";

type ShowEvent =
  | Event<"announced", { seats: number }>
  | Event<"reserved", { by: string; seats: number }>
  | Event<"sold-out", undefined>;

interface Reserve {
  readonly by: string;
  readonly seats: number;
}

const sale = defineDecider<{ free: number }, Reserve, ShowEvent>({
  initial: () => ({ free: 0 }),
  evolve: {
    announced: (_, { data }) => ({ free: data.seats }),
    reserved: ({ free }, { data }) => ({ free: free - data.seats }),
    "sold-out": (state) => state,
  },
  decide({ by, seats }, { free }) {
    if (seats > free) throw new Error(`${by} wants ${seats}, but ${free} are free`);
    const reserved = { type: "reserved", data: { by, seats } } as const;
    return seats === free ? [reserved, { type: "sold-out" }] : reserved;
  },
});

// In version 1 of the event, shows were announced with rows of ten seats.
const events = defineEvents<ShowEvent>({
  announced: { version: 2, upcast: { 1: ({ rows }: { rows: number }) => ({ seats: 10 * rows }) } },
  reserved: {},
  "sold-out": {},
});

await using store = await openEventStore(betterSqlite3(), { events });
const show = store.stream("show-1");
await show.append({ type: "announced", data: { seats: 6 } });

// The same button, pressed twice.
const order = { by: "Ada", seats: 2 };
const first = await show.execute(sale, order, { idempotencyKey: "order-1", metadata: { via: "web" } });
const second = await show.execute(sale, order, { idempotencyKey: "order-1", metadata: { via: "web" } });
console.log(`${first.state.free} free; asked again: ${second.repeated}, ${second.state.free} free`);

// Both want all the remaining seats.
const rest = await Promise.allSettled(["Bob", "Eve"].map((by) => show.execute(sale, { by, seats: 4 })));
for (const one of rest) {
  if (one.status === "rejected") console.log((one.reason as Error).message);
  else console.log(one.value.events.map(({ type }) => type).join(", "));
}

for await (const { version, type, metadata } of show.read()) {
  console.log(version, type, "via" in metadata ? `via ${metadata["via"] as string}` : "at the counter");
}
