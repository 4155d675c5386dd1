/**
 * Keeps the sums of the airports in PostgreSQL, rows and checkpoint in one transaction there: "took FROM TO" after each, "active" and
 * "done N" when everything is. Arguments: the file, PostgreSQL's host.
 */
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer, type ConsumerCheckpoint } from "rivulet/consumers";
import type pg from "pg";
import { sumAirports, type Flew } from "../airports.ts";
import { connect } from "../postgres-client.ts";

const [path = "", host = ""] = process.argv.slice(2);

/** A column of JSON. */
interface Kept {
  readonly value: ConsumerCheckpoint | null;
}

let client: pg.Client | undefined;

/** Does something with a connection; one on which anything failed is not used again. */
async function withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const current = (client ??= await connect(host));
  try {
    return await work(current);
  } catch (error) {
    client = undefined;
    // What it was asked has failed already.
    current.end().catch(() => undefined);
    throw error;
  }
}

const airports = defineConsumer<Flew>({
  name: "airports",
  types: ["flew"],
  batchSize: 50,
  lease: 200,
  retry: { delay: 5, maxDelay: 50 },
  // PostgreSQL may be away: nothing else can be wrong here.
  onError: () => "retry",
  checkpoint: {
    load: () =>
      withClient(async (postgres) => {
        const { rows } = await postgres.query<Kept>("SELECT value FROM checkpoints");
        return rows[0]?.value;
      }),
  },
  batchHandler: (events, { checkpoint }) =>
    withClient(async (postgres) => {
      await postgres.query("BEGIN");
      // Whoever is late finds here that it was done, and whoever is later waits for this row.
      const { rows } = await postgres.query<Kept>("SELECT value FROM checkpoints FOR UPDATE");
      const known = rows[0]?.value?.position ?? 0;
      const fresh = events.filter((event) => event.position > known);
      const sums = sumAirports(fresh.map(({ data }) => data));
      await postgres.query(
        `INSERT INTO airports SELECT * FROM unnest($1::text[], $2::int[], $3::int[])
         ON CONFLICT (code) DO UPDATE
         SET flights = airports.flights + excluded.flights, delay = airports.delay + excluded.delay`,
        [sums.map(({ code }) => code), sums.map(({ flights }) => flights), sums.map(({ delay }) => delay)],
      );
      if (checkpoint.position > known) await postgres.query("UPDATE checkpoints SET value = $1", [checkpoint]);
      await postgres.query("COMMIT");
      console.log(`took ${events[0]?.position} ${checkpoint.position}`);
    }),
});

const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
const consumer = store.consume(airports);
consumer.subscribe(({ status }) => console.log(status));
console.log(`done ${await consumer.caughtUp()}`);
// Until it is killed.
await consumer.ended;
