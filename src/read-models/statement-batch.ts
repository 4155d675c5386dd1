import type { CompiledModel } from "./define-read-model.ts";
import type { StoredEvent } from "../event.ts";
import type { TableSet } from "../storage/read-model-names.ts";
import type { ModelBatch, NewParkedRecord, SqlValue } from "../storage/protocol.ts";

/** The statements of consecutive events, collected for one transaction. */
export interface BatchBuilder {
  /** The checkpoint of the tables before the batch. */
  readonly from: number;
  /** Returns the number of statements and parked events. */
  size(): number;
  /** Adds an event's statements. @throws `projection-failed` if the handler fails; the batch is then unchanged. */
  add(event: StoredEvent): void;
  /** Parks an event, whose statements are left out. */
  park(record: NewParkedRecord): void;
  /** Returns the batch up to a position, which becomes the checkpoint. */
  build(to: number, completes: boolean): ModelBatch;
  /** Returns the position of the event that a run of statements belongs to. */
  positionOf(run: number): number;
  /** Returns the part of the batch after a position. */
  rest(after: number): BatchBuilder;
}

type Run = readonly [text: number, values: readonly SqlValue[]];

export function createBatch(model: CompiledModel, set: TableSet, from: number): BatchBuilder {
  return gather(model, set, from, { texts: new Map(), runs: [], positions: [], parked: [] });
}

interface Gathered {
  readonly texts: Map<string, number>;
  readonly runs: Run[];
  /** The position of each run's event. The events are not kept, so that their page can be freed. */
  readonly positions: number[];
  readonly parked: NewParkedRecord[];
}

function gather(model: CompiledModel, set: TableSet, from: number, gathered: Gathered): BatchBuilder {
  const { texts, runs, positions, parked } = gathered;
  const { name, schema } = model.record;

  /** Returns the index of the first run of an event after a position. */
  const firstAfter = (position: number): number => {
    const found = positions.findIndex((one) => one > position);
    return found === -1 ? positions.length : found;
  };

  return {
    from,
    // No getter: V8 of Node 20 (11.3) keeps an object's own getters, and all that their closures see, until a full collection.
    size: () => runs.length + parked.length,
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
