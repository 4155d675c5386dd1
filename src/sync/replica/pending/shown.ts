import type { StoredEvent } from "../../../event.ts";
import { stringify } from "../../../events/json.ts";
import { matches, type RecordFilter } from "../../../events/filter.ts";
import type { Scope } from "../../../read/pager.ts";
import type { OutboxEntry } from "../../../storage/protocol.ts";
import type { PushedEntry } from "../../messages.ts";
import type { OutboxView } from "../outbox-view.ts";
import type { PendingEvent, Prediction } from "./predict.ts";
import { versionAt } from "./read-on.ts";
import type { ReplicaContext } from "../replica-context.ts";

/** What is pending on top of the confirmed events up to a position. */
export interface Pending {
  /** In the order in which they were queued. */
  readonly events: readonly PendingEvent[];
  /** How many commands and appends that is. */
  readonly entries: number;
}

export const NOTHING_PENDING: Pending = { events: [], entries: 0 };

/** Resolves with what is pending in a stream, or in the followed streams that a filter selects, on top of a position. */
export async function pendingAt(
  { context, predictions }: Pick<ReplicaContext, "context" | "predictions">,
  { stream, filter }: Scope,
  view: OutboxView,
  position: number,
): Promise<Pending> {
  const concerns = (name: string): boolean =>
    stream === undefined ? view.follows(name) && maySelect(filter, name) : name === stream;
  const entries = view.entries().filter(({ streams, rejected }) => rejected === null && streams.some(concerns));
  if (entries.length === 0) return NOTHING_PENDING;
  const found = new Map<string, Prediction>();
  for (const name of new Set(entries.flatMap(({ streams }) => streams.filter(concerns)))) {
    found.set(name, await predictions.of(name, view, await versionAt(context, name, position)));
  }
  const pending = entries.filter(({ id, streams }) => streams.some((name) => found.get(name)?.entries().has(id)));
  const events = pending
    .flatMap((entry) => eventsOf(entry, found))
    .map((event, index): PendingEvent => Object.assign({}, event, { position: position + index + 1 }))
    .filter((event) => filter === undefined || matches(filter, event));
  return { events, entries: pending.length };
}

/** A text that tells what is pending from what was pending before. Another position alone is no news. */
export function contentOf(events: readonly PendingEvent[]): string {
  return stringify(events.map(({ id, stream, version, type, data }) => [id, stream, version, type, data ?? null]));
}

/** Leaves out the events of streams that are not followed. A scope of one stream has no others. */
export function onlyFollowed(
  { stream }: Scope,
  view: OutboxView,
  events: readonly StoredEvent[],
): readonly StoredEvent[] {
  return stream === undefined ? events.filter((event) => view.follows(event.stream)) : events;
}

/** The events of an entry in their order, which for an append to several streams is that of the append. */
function eventsOf({ id, streams, body }: OutboxEntry, found: ReadonlyMap<string, Prediction>): readonly PendingEvent[] {
  const events = streams.flatMap((name) => found.get(name)?.entries().get(id) ?? []);
  if (streams.length === 1) return events;
  const pushed = JSON.parse(body) as PushedEntry;
  const order = pushed.kind === "append" ? pushed.entries.flatMap((one) => one.events.map((event) => event.id)) : [];
  const byId = new Map(events.map((event) => [event.id, event]));
  return order.flatMap((one) => byId.get(one) ?? []);
}

/** Whether a filter may select events of a stream, as far as its name tells. */
function maySelect(filter: RecordFilter | undefined, stream: string): boolean {
  const { streams, streamPrefix = "" } = filter ?? {};
  return stream.startsWith(streamPrefix) && (streams?.includes(stream) ?? true);
}
