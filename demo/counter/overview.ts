import type { SqlStatement, StoredEvent } from "rivulet";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { changeOf } from "./counter.ts";
import { PREFIX, type CounterEvent } from "./events.ts";
import { nameOf } from "./names.ts";
import { readEvent } from "./read-event.ts";

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
  schema: 2,
  tables: [totals, steps],
  on: {
    opened: apply,
    incremented: apply,
    decremented: apply,
    undone: apply,
    redone: apply,
    removed: apply,
    restored: apply,
  },
});

/** Every event of a counter has a step, also one that cannot be read, so that the log finds it. */
function apply(stored: StoredEvent): SqlStatement[] {
  if (!stored.stream.startsWith(PREFIX)) return [];
  const { event } = readEvent(stored);
  return [event === undefined ? skip(stored) : change(event), step(stored)];
}

function skip({ stream, version, timestamp }: StoredEvent): SqlStatement {
  return sql`INSERT INTO ${totals} VALUES (${stream}, ${nameOf(stream)}, 0, ${version}, ${timestamp}, 0)
             ON CONFLICT (stream) DO UPDATE SET events = excluded.events, changed = excluded.changed`;
}

/** A value that could not be counted exactly stays as it is. */
function change(event: StoredEvent<CounterEvent>): SqlStatement {
  const { stream, type, data, version, timestamp } = event;
  const named = type === "opened" || type === "removed" || type === "restored";
  const label = (named ? data?.label : undefined) ?? null;
  const present = type === "removed" ? 0 : 1;
  const begins = type === "opened" && data.version === undefined ? 1 : 0;
  return sql`INSERT INTO ${totals} VALUES (${stream}, ${label ?? nameOf(stream)}, ${changeOf(event)}, ${version}, ${timestamp}, ${present})
             ON CONFLICT (stream) DO UPDATE SET
               label = coalesce(${label}, ${totals}.label),
               value = CASE WHEN ${begins} = 1 THEN 0
                 WHEN ${totals}.value + excluded.value BETWEEN -9007199254740991 AND 9007199254740991 THEN ${totals}.value + excluded.value
                 ELSE ${totals}.value END,
               present = excluded.present, events = excluded.events, changed = excluded.changed`;
}

function step({ position, stream, type, timestamp }: StoredEvent): SqlStatement {
  return sql`INSERT INTO ${steps}
             SELECT ${position}, ${stream}, ${type}, ${timestamp}, value FROM ${totals} WHERE stream = ${stream}`;
}
