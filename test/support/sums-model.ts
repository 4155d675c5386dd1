import type { Event } from "rivulet";
import { defineReadModel, sql, table } from "rivulet/read-models";

type Counted = Event<"counted", { n: number }>;

const numbers = table("numbers", "n INTEGER PRIMARY KEY");
const totals = table("totals", "id INTEGER PRIMARY KEY, count INTEGER NOT NULL, sum INTEGER NOT NULL");

/** A read model that shows whether each event was handled once: a row each, and sums over all. */
export const sums = defineReadModel<Counted>({
  name: "sums",
  tables: [numbers, totals],
  on: {
    counted: ({ data: { n } }) => [
      sql`INSERT INTO ${numbers} VALUES (${n})`,
      sql`INSERT INTO ${totals} VALUES (1, 1, ${n}) ON CONFLICT (id) DO UPDATE SET count = ${totals}.count + 1, sum = ${totals}.sum + ${n}`,
    ],
  },
});

/** Selects what tells it. */
export const sumsOf = sql`SELECT (SELECT count(*) FROM ${numbers}) AS rows, count, sum FROM ${totals}`;
