import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { describe, expect, test } from "vitest";
import { appendFlights, sumAirports, type Airport } from "../support/airports.ts";
import { startScript, type Child } from "../support/child.ts";
import { loadRoutedFlights } from "../support/flights.ts";
import { mayBeLeftOut, startPostgres } from "../support/postgres.ts";
import { createRandom } from "../support/random.ts";
import { temporaryPath } from "../support/temporary.ts";

const ROUNDS = 12;

describe.skipIf(mayBeLeftOut())("a consumer that writes to PostgreSQL", () => {
  test("counts 20,000 flights exactly once, although it is killed repeatedly and PostgreSQL is stopped and restarted", async () => {
    const random = createRandom("kills beside PostgreSQL");
    const flights = loadRoutedFlights();
    const path = temporaryPath();
    const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
    await appendFlights(store, flights);
    await store.close();
    const postgres = await startPostgres();
    await postgres.query(
      `CREATE TABLE airports (code text PRIMARY KEY, flights int NOT NULL, delay int NOT NULL);
       CREATE TABLE checkpoints (value jsonb);
       INSERT INTO checkpoints VALUES (NULL)`,
    );
    let children: Child[] = [];
    const begin = (): Child => {
      const child = startScript("postgres-consumer", path, postgres.host);
      children.push(child);
      return child;
    };

    for (let round = 0; round < ROUNDS; round++) {
      const some = 1 + random.below(12);
      const one = begin();
      await taken(one, some);
      // Kills it at any moment, whatever it is doing.
      const anyMoment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, random.below(20)));
      await anyMoment();
      if (round % 4 === 1) {
        await postgres.stopAtOnce();
        await postgres.start();
        await taken(one, 2);
      }
      if (round % 4 === 2) await postgres.stopAtOnce();
      if (round % 2 === 0) {
        // A waiting consumer takes over when the active one is killed.
        const other = begin();
        one.kill();
        if (round % 4 === 2) await postgres.start();
        await taken(other, 1 + random.below(5));
        await anyMoment();
        other.kill();
      }
      one.kill();
      for (const child of children) {
        const { signal, errors } = await child.ended;
        expect([signal, errors]).toEqual(["SIGKILL", ""]);
      }
      children = [];
    }

    // Otherwise some rounds would have tested nothing.
    const [reached] = await postgres.query<{ position: number }>(
      "SELECT (value->>'position')::int AS position FROM checkpoints",
    );
    expect(reached?.position).toBeLessThan(flights.length);
    const last = startScript("postgres-consumer", path, postgres.host);
    expect(await last.line("done ")).toBe(`done ${flights.length}`);

    expect(await postgres.query<Airport>("SELECT * FROM airports ORDER BY code")).toEqual(sumAirports(flights));
  });
});

/** Resolves once a process has reported this many transactions since its start. */
function taken(child: Child, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let found = 0;
    const take = (line: string): void => {
      if (line.startsWith("took ") && ++found >= count) resolve();
    };
    child.onLine(take);
    child.ended.then(({ errors }) => reject(new Error(`it ended after ${found} transactions: ${errors}`)), reject);
  });
}
