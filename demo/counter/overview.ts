import type { SqlStatement, StoredEvent } from "rivulet";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { changeOf, labelOf } from "./counter.ts";
import type { CounterEvent } from "./events.ts";

/** One row for each counter. */
export const totals = table(
  "totals",
  `stream TEXT PRIMARY KEY, label TEXT NOT NULL, value INTEGER NOT NULL, events INTEGER NOT NULL,
   changed INTEGER NOT NULL, present INTEGER NOT NULL`,
);

/** One row for each event, with the value after it. The first index alone answers the plot's query. */
export const steps = table(
  "steps",
  "position INTEGER PRIMARY KEY, stream TEXT NOT NULL, type TEXT NOT NULL, time INTEGER NOT NULL, value INTEGER NOT NULL",
  { indexes: ["stream, position, time, value", "type, position"] },
);

/** The SQL tables of the page: for the ranking, for the plot, and to find the events of a filter in the log. */
export const overview = defineReadModel<CounterEvent>({
  name: "overview",
  tables: [totals, steps],
  on: {
    opened: (event) => [
      sql`INSERT INTO ${totals} VALUES (${event.stream}, ${event.data.label}, 0, 1, ${event.timestamp}, 1)
          ON CONFLICT (stream) DO UPDATE SET
            label = excluded.label, value = CASE WHEN ${event.data.version ?? 0} = 0 THEN 0 ELSE ${totals}.value + ${changeOf(event)} END, present = 1, events = ${totals}.events + 1, changed = excluded.changed`,
      step(event),
    ],
    incremented: changed,
    decremented: changed,
    undone: changed,
    redone: changed,
    removed: (event) => shown(event, 0),
    restored: (event) => shown(event, 1),
  },
});

function shown(event: StoredEvent<CounterEvent>, present: 0 | 1): SqlStatement[] {
  const { stream, timestamp, data } = event;
  const label = data !== undefined && "label" in data ? (data.label ?? null) : null;
  return [
    sql`UPDATE ${totals} SET present = ${present}, events = events + 1, changed = ${timestamp},
          value = value + ${changeOf(event)}, label = coalesce(${label}, label) WHERE stream = ${stream}`,
    step(event),
  ];
}

function changed(event: StoredEvent<CounterEvent>): SqlStatement[] {
  const { stream, timestamp } = event;
  return [
    sql`INSERT INTO ${totals} VALUES (${stream}, ${labelOf(stream)}, ${changeOf(event)}, 1, ${timestamp}, 1)
        ON CONFLICT (stream) DO UPDATE SET
          value = ${totals}.value + excluded.value, present = 1, events = ${totals}.events + 1, changed = excluded.changed`,
    step(event),
  ];
}

function step({ position, stream, type, timestamp }: StoredEvent): SqlStatement {
  return sql`INSERT INTO ${steps}
             SELECT ${position}, ${stream}, ${type}, ${timestamp}, value FROM ${totals} WHERE stream = ${stream}`;
}
