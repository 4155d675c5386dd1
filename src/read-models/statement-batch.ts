import type { CompiledModel } from "./define-read-model.ts";
import type { StoredEvent } from "../event.ts";
import type { TableSet } from "../storage/read-model-names.ts";
import type { ModelBatch, NewParkedRecord, SqlValue } from "../storage/protocol.ts";

/** What some events in a row do to a read model, gathered for one transaction. */
export interface BatchBuilder {
  /** Up to where the tables stand before it. */
  readonly from: number;
  /** How many statements and parked events it holds. */
  readonly size: number;
  /** Throws `projection-failed` when the event's handler fails, and is as it was before. */
  add(event: StoredEvent): void;
  /** Puts an event aside; what it would do is left out. */
  park(record: NewParkedRecord): void;
  /** What it does up to a position, to which the checkpoint moves. */
  build(to: number, completes: boolean): ModelBatch;
  /** The position of the event whose statement this is. */
  positionOf(run: number): number;
  /** What it does after a position. */
  rest(after: number): BatchBuilder;
}

type Run = readonly [text: number, values: readonly SqlValue[]];

export function createBatch(model: CompiledModel, set: TableSet, from: number): BatchBuilder {
  return gather(model, set, from, { texts: new Map(), runs: [], positions: [], parked: [] });
}

interface Gathered {
  readonly texts: Map<string, number>;
  readonly runs: Run[];
  /** Of each run; the positions and not the events: these need not outlive the page that they came in. */
  readonly positions: number[];
  readonly parked: NewParkedRecord[];
}

function gather(model: CompiledModel, set: TableSet, from: number, gathered: Gathered): BatchBuilder {
  const { texts, runs, positions, parked } = gathered;
  const { name, schema } = model.record;

  /** The first run of an event after this position. */
  const firstAfter = (position: number): number => {
    const found = positions.findIndex((one) => one > position);
    return found === -1 ? positions.length : found;
  };

  return {
    from,
    get size() {
      return runs.length + parked.length;
    },
    add(event) {
      for (const { text, values } of model.statementsFor(event, set)) {
        let index = texts.get(text);
        if (index === undefined) texts.set(text, (index = texts.size));
        runs.push([index, values]);
        positions.push(event.position);
      }
    },
    park(record) {
      const first = firstAfter(record.position - 1);
      const count = firstAfter(record.position) - first;
      runs.splice(first, count);
      positions.splice(first, count);
      parked.push(record);
    },
    build(to, completes) {
      const whole = (positions.at(-1) ?? 0) <= to;
      return {
        name,
        schema,
        set,
        from,
        to,
        texts: [...texts.keys()],
        runs: whole ? runs : runs.slice(0, firstAfter(to)),
        parked: parked.filter(({ position }) => position <= to),
        completes,
        timeout: model.timeout,
      };
    },
    positionOf: (run) => positions[run] as number,
    rest(after) {
      const first = firstAfter(after);
      return gather(model, set, Math.max(from, after), {
        texts,
        runs: runs.slice(first),
        positions: positions.slice(first),
        parked: parked.filter(({ position }) => position > after),
      });
    },
  };
}
