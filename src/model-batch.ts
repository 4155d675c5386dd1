import type { CompiledModel } from "./define-read-model.ts";
import type { StoredEvent } from "./event.ts";
import type { ModelBatch, ModelQuery, SqlValue } from "./storage/protocol.ts";

/** What some events in a row do to a read model, gathered for one transaction. */
export interface BatchBuilder {
  add(event: StoredEvent): void;
  /** How many statements it holds. */
  readonly size: number;
  build(from: number, to: number): ModelBatch;
  /** The event whose statement this is. */
  eventOf(run: number): StoredEvent;
  /** What comes before an event. */
  before(event: StoredEvent): BatchBuilder;
}

export function createBatch(model: CompiledModel): BatchBuilder {
  const { name, schema } = model.record;
  const texts = new Map<string, number>();
  const runs: (readonly [number, readonly SqlValue[]])[] = [];
  const events: StoredEvent[] = [];

  function push(event: StoredEvent, { text, values }: ModelQuery): void {
    let index = texts.get(text);
    if (index === undefined) texts.set(text, (index = texts.size));
    runs.push([index, values]);
    events.push(event);
  }

  return {
    get size() {
      return runs.length;
    },
    add(event) {
      for (const statement of model.statementsFor(event)) push(event, statement);
    },
    build: (from, to) => ({ name, schema, from, to, texts: [...texts.keys()], runs }),
    eventOf: (run) => events[run] as StoredEvent,
    before({ position }) {
      const earlier = createBatch(model);
      for (const event of new Set(events)) if (event.position < position) earlier.add(event);
      return earlier;
    },
  };
}
