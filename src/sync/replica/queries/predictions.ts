import { runExclusive, type KeyedMutex } from "../../../async/keyed-mutex.ts";
import { createPager } from "../../../read/pager.ts";
import type { OutboxEntry } from "../../../storage/protocol.ts";
import type { StoreContext } from "../../../storage/store-context.ts";
import type { Outbox } from "../outbox.ts";
import type { PendingEvent, Prediction } from "../pending/predict.ts";
import type { StreamPredictions } from "../pending/stream-predictions.ts";

/** A pending event, and the entry of the outbox that it belongs to. */
export interface PendingItem {
  readonly event: PendingEvent;
  readonly entry: OutboxEntry;
}

/** What is pending in all streams, on top of the confirmed events up to a position. */
export interface PendingView {
  readonly head: number;
  /** In the order of the outbox. An event that is predicted as before is the same object as before. */
  readonly items: readonly PendingItem[];
}

/** A stream with pending entries. */
interface KnownStream {
  /** Its version at the position up to which the log was read. */
  version: number;
  entries: readonly OutboxEntry[];
  prediction: Prediction | undefined;
  /** The events that were predicted last. */
  shown: readonly PendingEvent[];
}

/** Predicts the streams of all pending entries. A stream is decided again only if it or its entries have changed. */
export function createPredictions(
  context: StoreContext,
  outbox: Pick<Outbox, "view">,
  { anew }: Pick<StreamPredictions, "anew">,
): () => Promise<PendingView> {
  const { storage } = context;
  const known = new Map<string, KnownStream>();
  const turns: KeyedMutex = new Map();
  let head = 0;
  let items: readonly PendingItem[] = [];
  /** Whether the items are no longer those of the streams: a look that fails is made up for by the next one. */
  let changed = false;

  async function look(): Promise<PendingView> {
    // The outbox first: what leaves it in between is among the events then, and is not shown twice.
    const entries = pendingByStream((await outbox.view()).entries());
    if (known.size === 0) head = await storage.head();
    for (const stream of [...known.keys()]) if (!entries.has(stream)) changed = known.delete(stream);
    for (const stream of entries.keys()) {
      if (known.has(stream)) continue;
      known.set(stream, { version: await storage.version(stream), entries: [], prediction: undefined, shown: [] });
    }
    await readOn(await storage.head());
    for (const [stream, one] of known) {
      const own = entries.get(stream) as OutboxEntry[];
      if (one.prediction !== undefined && isSame(own, one.entries)) continue;
      one.prediction = keepSame(one.shown, await anew(stream, own, one.version));
      one.shown = one.prediction.events();
      one.entries = own;
      changed = true;
    }
    if (changed) items = inOrder([...known.values()]);
    changed = false;
    return { head, items };
  }

  /** Brings the versions of the streams to a position of the log. */
  async function readOn(to: number): Promise<void> {
    const streams = [...known.keys()];
    if (streams.length > 0 && to > head) {
      const pager = createPager(context, { after: head, upTo: to, direction: "forward", filter: { streams } }, to);
      for (let page = await pager.next(); page !== undefined; page = await pager.next()) {
        for (const { stream, version } of page) {
          const one = known.get(stream) as KnownStream;
          if (version <= one.version) continue;
          one.version = version;
          one.prediction = undefined;
        }
      }
    }
    head = to;
  }

  return () => runExclusive(turns, "", undefined, look);
}

function pendingByStream(entries: readonly OutboxEntry[]): ReadonlyMap<string, OutboxEntry[]> {
  const found = new Map<string, OutboxEntry[]>();
  for (const entry of entries) {
    if (entry.rejected !== null) continue;
    for (const stream of new Set(entry.streams)) {
      const own = found.get(stream);
      if (own === undefined) found.set(stream, [entry]);
      else own.push(entry);
    }
  }
  return found;
}

/** Whether the same entries are pending: what they are never changes. */
function isSame(one: readonly OutboxEntry[], other: readonly OutboxEntry[]): boolean {
  return one.length === other.length && one.every(({ number }, index) => number === other[index]?.number);
}

/** Puts the earlier objects in the place of events that equal them, wherever they are among all positions. */
function keepSame(earlier: readonly PendingEvent[], prediction: Prediction): Prediction {
  const known = new Map(earlier.map((event) => [contentOf(event), event]));
  const events = prediction.events().map((event) => known.get(contentOf(event)) ?? event);
  return { ...prediction, events: () => events };
}

function contentOf(event: PendingEvent): string {
  return JSON.stringify({ ...event, position: 0 });
}

function inOrder(streams: readonly KnownStream[]): readonly PendingItem[] {
  const items = streams.flatMap(({ prediction }) => {
    const sources = prediction?.sources();
    return (prediction?.events() ?? []).map((event, index) => ({ event, entry: sources?.[index] as OutboxEntry }));
  });
  return items.sort(({ event: one, entry }, { event: other, entry: { number } }) =>
    // An append to several streams has the ids of all its events, in their order.
    entry.number === number && entry.streams.length > 1
      ? entry.ids.indexOf(one.id) - entry.ids.indexOf(other.id)
      : entry.number - number,
  );
}
