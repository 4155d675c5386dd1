import { toRecord } from "../../append/event-record.ts";
import type { Decider } from "../../deciders/decider.ts";
import { commandKey } from "../../deciders/idempotency-key.ts";
import type { Event, Metadata, NewEvent, StoredEvent } from "../../event.ts";
import { freezeState } from "../../projections/freeze-state.ts";
import { toStoredEvent } from "../../storage/event-page.ts";
import type { EventRecord, OutboxEntry } from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import type { PushedCommand, PushedEntry } from "../messages.ts";
import { readOn } from "./read-on.ts";

/** The deciders of a replica by name: those that the hub has under these names. */
export type Deciders = Readonly<Record<string, Decider<unknown, unknown>>>;

/** An event that the hub has not confirmed. Its version, position and time are provisional, its id is final. */
export type PendingEvent<E extends Event = Event> = StoredEvent<E> & {
  /** Marks an event that is not confirmed. */
  readonly pending: true;
};

/** What the outbox makes of a stream, on top of its confirmed events. */
export interface Prediction {
  readonly events: readonly PendingEvent[];
  /** The entry of each of the events. */
  readonly sources: readonly OutboxEntry[];
  /** The entries of the outbox that concern the stream and are not confirmed, with their events in it, by the ids of the entries. */
  readonly entries: ReadonlyMap<string, readonly PendingEvent[]>;
  /** The errors of commands that throw now, by their ids: the hub may still decide otherwise. */
  readonly doubts: ReadonlyMap<string, unknown>;
}

/** The confirmed state of a stream at a version, as a decider folds it. */
export type StateOf = (decider: string, stream: string, version: number) => Promise<unknown>;

/** Deciders, and their states of what is confirmed. */
export interface StatesOfDeciders {
  readonly deciders: Deciders;
  readonly stateOf: StateOf;
}

/** Predicts a stream at a version: decides its pending commands again, in their order, on the confirmed events up to there. */
export async function predict(
  context: StoreContext,
  { deciders, stateOf }: StatesOfDeciders,
  stream: string,
  outbox: readonly OutboxEntry[],
  version: number,
): Promise<Prediction> {
  const concerned = outbox.filter(({ streams, rejected }) => rejected === null && streams.includes(stream));
  const events: PendingEvent[] = [];
  const sources: OutboxEntry[] = [];
  const entries = new Map<string, readonly PendingEvent[]>();
  const doubts = new Map<string, unknown>();
  if (concerned.length === 0) return { events, sources, entries, doubts };
  const stored = await findStored(context, stream, concerned, version);
  const head = await context.storage.head();
  const states = new Map<string, unknown>();

  for (const entry of concerned) {
    const pushed = JSON.parse(entry.body) as PushedEntry;
    if (pushed.kind === "append") {
      const own = pushed.entries.filter((one) => one.stream === stream).flatMap((one) => one.events);
      const left = own.filter(({ id }) => !stored.has(id));
      if (left.length > 0) take(entry, left);
    } else if (!entry.ids.every((id) => stored.has(id))) {
      try {
        take(entry, await decideAgain(pushed));
      } catch (error) {
        entries.set(entry.id, []);
        doubts.set(entry.id, error);
      }
    }
  }
  return { events, sources, entries, doubts };

  async function decideAgain({
    decider: name,
    command,
    key,
    metadata,
  }: PushedCommand): Promise<readonly EventRecord[]> {
    const decider = Object.hasOwn(deciders, name) ? deciders[name] : undefined;
    if (decider === undefined) throw new Error(`this replica has no decider named "${name}"`);
    if (!states.has(name)) {
      const confirmed = await stateOf(name, stream, version);
      states.set(
        name,
        events.reduce((before, event) => decider._rivulet.step(before, event), confirmed),
      );
    }
    const given: unknown = command === null ? undefined : JSON.parse(command);
    const made = decider._rivulet.decide(given, freezeState(states.get(name)), commandKey(context, stream, key).idOf);
    return toRecords(context, made, metadata === null ? undefined : (JSON.parse(metadata) as Metadata));
  }

  function take(entry: OutboxEntry, records: readonly EventRecord[]): void {
    const { id, timestamp } = entry;
    const first = events.length + 1;
    const made = records.map((record, index) => {
      const number = first + index;
      return toPending(context, record, { stream, position: head + number, version: version + number, timestamp });
    });
    entries.set(id, made);
    events.push(...made);
    sources.push(...made.map(() => entry));
    for (const [name, state] of states) {
      const { step } = (deciders[name] as Deciders[string])._rivulet;
      states.set(name, made.reduce(step, state));
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
  const found = new Set<string>();
  for await (const page of readOn(context, { stream, filter: { ids } }, 0, version)) {
    for (const { id } of page) found.add(id);
  }
  return found;
}
