import Database from "better-sqlite3";
import type { Event } from "rivulet";
import { join } from "node:path";
import { importFlights } from "../../support/flight-model.ts";
import { loadFlights, type Flight } from "../../support/flights.ts";
import { byHand, givePages, openTables, readPages } from "../read-models.ts";
import type { Build } from "./build.ts";
import type { Start, Works } from "./rows.ts";

/** A read model over all flights, compared with the same statements by hand over events that are read, or over those in memory. */
export function flights(from: "file" | "memory"): Works {
  return { ours: building, against: from === "file" ? reading : given };
}

const building: Start = async (build, folder) => {
  const store = await openFlights(build, folder);
  const { defineReadModel, sql, table } = await build.load("rivulet/read-models");
  const columns =
    "distance INTEGER PRIMARY KEY, flights INTEGER NOT NULL, delay INTEGER NOT NULL, worst INTEGER NOT NULL";
  let schema = 0;
  return {
    async run() {
      // Each time with another schema, and therefore with new tables.
      const distances = table("distances", columns);
      const definition = defineReadModel<Event<"flew", Flight>>({
        name: "flights",
        schema: ++schema,
        tables: [distances],
        on: {
          flew: ({ data: { distance, delay } }) =>
            sql`INSERT INTO ${distances} VALUES (${distance}, 1, ${delay}, ${delay}) ON CONFLICT (distance) DO UPDATE
                SET flights = flights + 1, delay = delay + excluded.delay, worst = max(worst, excluded.worst)`,
        },
      });
      await using model = await store.readModel(definition);
      return await model.caughtUp();
    },
    close: () => store.close(),
  };
};

const reading: Start = async (build, folder) => {
  const store = await openFlights(build, folder);
  await store.close();
  const events = new Database(join(folder, "flights.db"), { readonly: true });
  return runByHand(folder, () => readPages(events));
};

const given: Start = (_build, folder) => {
  const all = loadFlights();
  return runByHand(folder, () => givePages(all));
};

function runByHand(folder: string, pages: () => Iterable<readonly Flight[]>): ReturnType<Start> {
  const raw = openTables(join(folder, "raw.db"));
  let tables = 0;
  return { run: byHand(raw, () => ++tables, pages).run, close: () => void raw.close() };
}

async function openFlights(build: Build, folder: string) {
  const { openEventStore } = await build.load("rivulet");
  const { betterSqlite3 } = await build.load("rivulet/better-sqlite3");
  const store = await openEventStore(betterSqlite3({ path: join(folder, "flights.db"), durability: "normal" }));
  await importFlights(store, loadFlights());
  return store;
}
