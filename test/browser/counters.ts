/** The events, the state and the read model of pages that count. */
import type { Event, Projection } from "rivulet";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";

export type CounterEvent = Event<"counted", { by: number }> | Event<"broke", undefined>;

export const total: Projection<number, CounterEvent> = defineProjection<number, CounterEvent>({
  name: "total",
  initial: () => 0,
  on: {
    counted: (sum, { data }) => sum + data.by,
    broke: () => {
      throw new Error("the handler broke");
    },
  },
});

export const counts = table("counts", "stream TEXT PRIMARY KEY, n INTEGER NOT NULL");

export const counting = defineReadModel<CounterEvent>({
  name: "counts",
  tables: [counts],
  on: {
    counted: ({ stream, data }) =>
      sql`INSERT INTO ${counts} VALUES (${stream}, ${data.by}) ON CONFLICT (stream) DO UPDATE SET n = n + excluded.n`,
    broke: () => [],
  },
});
