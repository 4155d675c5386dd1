import { toRecord } from "../../../append/event-record.ts";
import type { Decider } from "../../../deciders/decider.ts";
import type { Event, Metadata, NewEvent, StoredEvent } from "../../../event.ts";
import { freezeState } from "../../../projections/freeze-state.ts";
import { toStoredEvent } from "../../../storage/event-page.ts";
import type { EventRecord, OutboxEntry } from "../../../storage/protocol.ts";
import type { StoreContext } from "../../../storage/store-context.ts";
import type { PushedCommand, PushedEntry } from "../../messages.ts";
import { isAddedTo, type EntriesRead } from "../outbox.ts";
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

/** A prediction that another goes on from, where entries were only added since. */
export interface PredictedBefore {
  readonly prediction: Prediction;
  /** The entries of the outbox that were known, and the head. */
  readonly outbox: EntriesRead;
  readonly head: number;
  /** The states of deciders after them. */
  readonly states: ReadonlyMap<string, unknown>;
  readonly shown: readonly Shown[];
}

/** The id of an entry, and its events. */
type Shown = readonly [id: string, events: readonly PendingEvent[]];

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
  outbox: EntriesRead,
  version: number,
  earlier?: PredictedBefore,
): Promise<PredictedBefore> {
  const head = await context.storage.head();
  const base =
    earlier !== undefined && earlier.head === head && isAddedTo(earlier.outbox, outbox) ? earlier : undefined;
  const events: PendingEvent[] = [...(base?.prediction.events ?? [])];
  const sources: OutboxEntry[] = [...(base?.prediction.sources ?? [])];
  const shown: Shown[] = [...(base?.shown ?? [])];
  const doubts = new Map<string, unknown>(base?.prediction.doubts);
  const states = new Map<string, unknown>(base?.states);
  const added = outbox.entries
    .slice(base?.outbox.entries.length ?? 0)
    .filter(({ streams, rejected }) => rejected === null && streams.includes(stream));
  const predicted: PredictedBefore = {
    prediction: toPrediction({ events, sources, doubts }, shown),
    outbox,
    head,
    states,
    shown,
  };
  if (added.length === 0) return predicted;
  const stored = await findStored(context, stream, added, version);

  for (const entry of added) {
    const pushed = JSON.parse(entry.body) as PushedEntry;
    if (pushed.kind === "append") {
      const own = pushed.entries.filter((one) => one.stream === stream).flatMap((one) => one.events);
      const left = own.filter(({ id }) => !stored.has(id));
      if (left.length > 0) take(entry, left);
    } else if (!entry.ids.every((id) => stored.has(id))) {
      try {
        take(entry, await decideAgain(pushed));
      } catch (error) {
        shown.push([entry.id, []]);
        doubts.set(entry.id, error);
      }
    }
  }
  return predicted;

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
    const made = decider._rivulet.decide(
      given,
      freezeState(states.get(name)),
      decider._rivulet.keyOf(context, stream, key).idOf,
    );
    return toRecords(context, made, metadata === null ? undefined : (JSON.parse(metadata) as Metadata));
  }

  function take(entry: OutboxEntry, records: readonly EventRecord[]): void {
    const { id, timestamp } = entry;
    const first = events.length + 1;
    const own = records.map((record, index) => {
      const number = first + index;
      return toPending(context, record, { stream, position: head + number, version: version + number, timestamp });
    });
    shown.push([id, own]);
    events.push(...own);
    sources.push(...own.map(() => entry));
    for (const [name, state] of states) {
      const { step } = (deciders[name] as Deciders[string])._rivulet;
      states.set(name, own.reduce(step, state));
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

/** The map of entries is made when it is asked for first: an append asks only how many events there are. */
function toPrediction(parts: Omit<Prediction, "entries">, shown: readonly Shown[]): Prediction {
  let entries: Prediction["entries"] | undefined;
  return {
    ...parts,
    get entries() {
      return (entries ??= new Map(shown));
    },
  };
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
