import type { ConsumerDefinition, EventStore, NewEvent, OpenOptions, PerDialect, StoredEvent } from "../index.ts";
import type { ConformanceHarness } from "./conformance.ts";

type Hook = "reopen" | "alongside" | "sql" | "limits";

/** A test case, without a harness. */
export interface Case {
  readonly name: string;
  /** The optional hooks of the harness that the case needs. */
  readonly needs?: Hook | readonly Hook[];
  /** The dialect of SQL in which the case is written; default: all. */
  readonly dialect?: keyof PerDialect<unknown>;
  run(context: Context): Promise<void>;
}

/** The harness as a case sees it. Its stores are closed when the case ends. */
export interface Context {
  open(options?: OpenOptions): Promise<EventStore>;
  reopen(closed: EventStore, options?: OpenOptions): Promise<EventStore>;
  alongside(open: EventStore, options?: OpenOptions): Promise<EventStore>;
}

export async function runCase(harness: ConformanceHarness, one: Case): Promise<void> {
  const opened: EventStore[] = [];
  const kept = async (opening: Promise<EventStore> | undefined): Promise<EventStore> => {
    if (opening === undefined) throw new Error(`the harness lacks a hook that "${one.name}" needs`);
    const store = await opening;
    opened.push(store);
    return store;
  };
  try {
    await one.run({
      open: (options) => kept(harness.open(options)),
      reopen: (closed, options) => kept(harness.reopen?.(closed, options)),
      alongside: (open, options) => kept(harness.alongside?.(open, options)),
    });
  } finally {
    await Promise.all(opened.map((store) => store.close()));
  }
}

/** Makes events that are numbered in their data, from `first` on. */
export function numbered(count: number, first = 1): NewEvent[] {
  return Array.from({ length: count }, (_, index) => ({ type: "counted", data: { n: first + index } }));
}

/** Returns the numbers of events made by {@link numbered}. */
export function numbersOf(events: readonly StoredEvent[]): number[] {
  return events.map((event) => (event.data as { n: number }).n);
}

/** Returns the whole numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

export function reversed<T>(items: readonly T[]): T[] {
  const copy = [...items];
  copy.reverse();
  return copy;
}

/** Takes the next `count` events of a read or a watch. */
export async function take(events: AsyncIterator<StoredEvent>, count: number): Promise<StoredEvent[]> {
  const taken: StoredEvent[] = [];
  while (taken.length < count) {
    const { value, done } = await events.next();
    if (done === true) throw new Error(`it ended after ${taken.length} of ${count} events`);
    taken.push(value);
  }
  return taken;
}

/** Runs a consumer until it has caught up with the head or with a position, and closes it. */
export async function runThrough(
  store: EventStore,
  definition: ConsumerDefinition,
  position?: number,
): Promise<number> {
  const consumer = store.consume(definition);
  try {
    return await consumer.caughtUp(position);
  } finally {
    await consumer.close();
  }
}

/** A query whose rows are lists, as query builders ask for them: two of its columns may then have one name. */
export function asLists<Query extends object>(query: Query): Query {
  return { ...query, _rivulet: { rowsOf: (rows: readonly object[]) => rows } };
}
