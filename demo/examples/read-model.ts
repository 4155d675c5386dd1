/**
 * A read model: SQL tables filled from events, queried, rebuilt, and replaced by a new schema while the old one still
 * answers.
 */
import { openEventStore, type BuildProgress, type Event } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineReadModel, sql, table } from "rivulet/read-models";

type Flew = Event<"flew", { origin: string; day: string; delay: number }>;

const airports = table("airports", "code TEXT PRIMARY KEY, flights INTEGER NOT NULL, delay INTEGER NOT NULL");
const byAirport = defineReadModel<Flew>({
  name: "airports",
  tables: [airports],
  on: {
    flew: ({ data: { origin, delay } }) =>
      sql`INSERT INTO ${airports} VALUES (${origin}, 1, ${delay})
          ON CONFLICT (code) DO UPDATE SET flights = flights + 1, delay = delay + excluded.delay`,
  },
});

const CODES = ["SFO", "JFK", "ORD", "ATL"];
const FLIGHTS = 10_000;

await using store = await openEventStore(betterSqlite3());
const flights = Array.from({ length: FLIGHTS }, (_, n) => ({
  type: "flew" as const,
  data: {
    origin: CODES[n % CODES.length] as string,
    day: `2026-01-${String(1 + (n % 28)).padStart(2, "0")}`,
    delay: n % 60,
  },
}));
await store.stream<Flew>("flights").append(flights);

const onProgress = ({ phase, done, total }: BuildProgress): void => console.log(`${phase}: ${done} of ${total}`);
const model = await store.readModel(byAirport, { onProgress });
// Queries wait until the tables are built.
for (const row of await model.query(sql`SELECT code, flights, delay FROM ${airports} ORDER BY code`)) console.log(row);

const { position } = await store.stream<Flew>("flights").append({
  type: "flew",
  data: { origin: "SFO", day: "2026-02-01", delay: 500 },
});
await model.caughtUp(position);
const [late] = await model.query<{ mean: number }>(
  sql`SELECT round(1.0 * delay / flights, 2) AS mean FROM ${airports} WHERE code = ${"SFO"}`,
);
console.log("SFO after one more:", late?.mean);

await using worst = model.live<{ code: string }>(sql`SELECT code FROM ${airports} ORDER BY delay DESC LIMIT 1`);
await worst.caughtUp();
worst.subscribe(({ state }) => console.log("most delay, live:", state[0]?.code));
const more = await store.stream<Flew>("flights").append({
  type: "flew",
  data: { origin: "ORD", day: "2026-02-01", delay: 100_000 },
});
await worst.caughtUp(more.position);
worst.close();

// The new tables are filled beside those in use, which answer meanwhile.
await model.rebuild({ onProgress });
console.log("rebuilt:", await model.query(sql`SELECT sum(flights) AS flights FROM ${airports}`));

const days = table("airports", "code TEXT, day TEXT, delay INTEGER NOT NULL, PRIMARY KEY (code, day)");
const byDay = await store.readModel(
  defineReadModel<Flew>({
    name: "airports",
    schema: 2,
    tables: [days],
    on: {
      flew: ({ data: { origin, day, delay } }) =>
        sql`INSERT INTO ${days} VALUES (${origin}, ${day}, ${delay}) ON CONFLICT DO UPDATE SET delay = delay + excluded.delay`,
    },
  }),
);
console.log(
  "worst day, schema 2:",
  await byDay.query(sql`SELECT code, day FROM ${days} ORDER BY delay DESC, code LIMIT 1`),
);
console.log("schema 1 still answers:", await model.query(sql`SELECT count(*) AS airports FROM ${airports}`));
