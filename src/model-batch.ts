import type { CompiledModel } from "./define-read-model.ts";
import type { StoredEvent } from "./event.ts";
import type { ModelBatch, SqlValue } from "./storage/protocol.ts";

/** What some events in a row do to a read model, gathered for one transaction. */
export interface BatchBuilder {
  add(event: StoredEvent): void;
  /** How many statements it holds. */
  readonly size: number;
  /** What it does up to a position, to which the checkpoint moves. */
  build(from: number, to: number): ModelBatch;
  /** The position of the event whose statement this is. */
  positionOf(run: number): number;
}

export function createBatch(model: CompiledModel): BatchBuilder {
  const { name, schema } = model.record;
  const texts = new Map<string, number>();
  const runs: (readonly [number, readonly SqlValue[]])[] = [];
  // Their positions and not the events: these need not outlive the page that they came in.
  const positions: number[] = [];

  return {
    get size() {
      return runs.length;
    },
    add(event) {
      for (const { text, values } of model.statementsFor(event)) {
        let index = texts.get(text);
        if (index === undefined) texts.set(text, (index = texts.size));
        runs.push([index, values]);
        positions.push(event.position);
      }
    },
    build(from, to) {
      const beyond = positions.findIndex((position) => position > to);
      return { name, schema, from, to, texts: [...texts.keys()], runs: beyond === -1 ? runs : runs.slice(0, beyond) };
    },
    positionOf: (run) => positions[run] as number,
  };
}
