import type { ConsumerDefinition, EventStore, NewEvent, OpenOptions, StoredEvent } from "../index.ts";
import type { ConformanceHarness } from "./conformance.ts";

type Hook = "reopen" | "alongside" | "sql" | "limits";

/** A case before it has met its harness. */
export interface Case {
  readonly name: string;
  /** A hook without which it cannot be run, or several. */
  readonly needs?: Hook | readonly Hook[];
  run(context: Context): Promise<void>;
}

/** The harness as a case sees it: what it opens is closed when the case ends. */
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

/** Events that can be told apart by a number in their data, from `first` on. */
export function numbered(count: number, first = 1): NewEvent[] {
  return Array.from({ length: count }, (_, index) => ({ type: "counted", data: { n: first + index } }));
}

/** The numbers of {@link numbered}. */
export function numbersOf(events: readonly StoredEvent[]): number[] {
  return events.map((event) => (event.data as { n: number }).n);
}

/** The whole numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

export function reversed<T>(items: readonly T[]): T[] {
  const copy = [...items];
  copy.reverse();
  return copy;
}

/** The next events, so many, of a read or a watch. */
export async function take(events: AsyncIterator<StoredEvent>, count: number): Promise<StoredEvent[]> {
  const taken: StoredEvent[] = [];
  while (taken.length < count) {
    const { value, done } = await events.next();
    if (done === true) throw new Error(`it ended after ${taken.length} events, where ${count} were awaited`);
    taken.push(value);
  }
  return taken;
}

/** Runs a consumer until it has caught up, or has come to a position, and closes it. */
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
