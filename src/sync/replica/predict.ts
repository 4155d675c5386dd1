import { toRecord } from "../../append/event-record.ts";
import type { Decider } from "../../deciders/decider.ts";
import { commandKey } from "../../deciders/idempotency-key.ts";
import type { Metadata, NewEvent, StoredEvent } from "../../event.ts";
import { createPager } from "../../read/pager.ts";
import { toStoredEvent } from "../../storage/event-page.ts";
import type { EventRecord, OutboxEntry } from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import type { PushedCommand, PushedEntry } from "../messages.ts";

/** The deciders of a replica by name: those that the hub has under these names. */
export type Deciders = Readonly<Record<string, Decider<unknown, unknown>>>;

/** An event that the hub has not confirmed. Its version, position and time are provisional, its id is final. */
export type PendingEvent = StoredEvent & {
  /** Marks an event that is not confirmed. */
  readonly pending: true;
};

/** What the outbox makes of a stream, on top of its confirmed events. */
export interface Prediction {
  readonly events: readonly PendingEvent[];
  /** The entry of each of the events. */
  readonly sources: readonly OutboxEntry[];
  /** How many entries of the outbox concern the stream and are not confirmed. */
  readonly pending: number;
  /** Commands that throw now, by their ids: the hub may still decide otherwise. */
  readonly doubts: ReadonlyMap<string, unknown>;
}

/** Predicts a stream at a version: decides its pending commands again, in their order, on the confirmed events up to there. */
export async function predict(
  context: StoreContext,
  deciders: Deciders,
  stream: string,
  entries: readonly OutboxEntry[],
  version: number,
): Promise<Prediction> {
  const concerned = entries.filter(({ streams, rejected }) => rejected === null && streams.includes(stream));
  if (concerned.length === 0) return { events: [], sources: [], pending: 0, doubts: new Map() };
  const stored = await findStored(context, stream, concerned, version);
  const head = await context.storage.head();
  const events: PendingEvent[] = [];
  const sources: OutboxEntry[] = [];
  const states = new Map<string, unknown>();
  const doubts = new Map<string, unknown>();
  let pending = 0;

  for (const entry of concerned) {
    const pushed = JSON.parse(entry.body) as PushedEntry;
    if (pushed.kind === "append") {
      const own = pushed.entries.filter((one) => one.stream === stream).flatMap((one) => one.events);
      const left = own.filter(({ id }) => !stored.has(id));
      if (left.length > 0) pending += 1;
      for (const record of left) take(record, entry);
    } else if (!entry.ids.every((id) => stored.has(id))) {
      pending += 1;
      try {
        for (const record of await decideAgain(pushed)) take(record, entry);
      } catch (error) {
        doubts.set(entry.id, error);
      }
    }
  }
  return { events, sources, pending, doubts };

  async function decideAgain({
    decider: name,
    command,
    key,
    metadata,
  }: PushedCommand): Promise<readonly EventRecord[]> {
    const decider = Object.hasOwn(deciders, name) ? deciders[name] : undefined;
    if (decider === undefined) throw new Error(`this replica has no decider named "${name}"`);
    if (!states.has(name)) {
      const { state } = await decider._rivulet.load(context, stream, { upTo: version });
      states.set(
        name,
        events.reduce((before, event) => decider._rivulet.step(before, event), state),
      );
    }
    const given: unknown = command === null ? undefined : JSON.parse(command);
    const made = decider._rivulet.decide(given, states.get(name), commandKey(context, stream, key).idOf);
    return toRecords(context, made, metadata === null ? undefined : (JSON.parse(metadata) as Metadata));
  }

  function take(record: EventRecord, entry: OutboxEntry): void {
    const number = events.length + 1;
    const { timestamp } = entry;
    const event = toPending(context, record, { stream, position: head + number, version: version + number, timestamp });
    events.push(event);
    sources.push(entry);
    for (const [name, state] of states) {
      states.set(name, (deciders[name] as Decider<unknown, unknown>)._rivulet.step(state, event));
    }
  }
}

/** Makes a pending event, as the definitions of the store read it. */
export function toPending(
  { format }: Pick<StoreContext, "format">,
  record: EventRecord,
  place: Pick<StoredEvent, "stream" | "position" | "version" | "timestamp">,
): PendingEvent {
  const event = toStoredEvent({ ...record, ...place });
  return { ...(format === undefined ? event : format.read(event)), pending: true };
}

/** Checks events that a decider has returned, and turns them into records. @throws `invalid-event`. */
export function toRecords(
  context: StoreContext,
  events: readonly NewEvent[],
  shared: Metadata | undefined,
): readonly EventRecord[] {
  return events.map((event, index) => toRecord(event, `events[${index}]`, context, shared));
}

/** The ids of entries that are stored at or below a version. */
async function findStored(
  context: StoreContext,
  stream: string,
  entries: readonly OutboxEntry[],
  version: number,
): Promise<ReadonlySet<string>> {
  const ids = entries.flatMap((entry) => entry.ids);
  const pager = createPager(context, { stream, after: 0, upTo: version, direction: "forward", filter: { ids } });
  const found = new Set<string>();
  for (let page = await pager.next(); page !== undefined; page = await pager.next()) {
    for (const { id } of page) found.add(id);
  }
  return found;
}
