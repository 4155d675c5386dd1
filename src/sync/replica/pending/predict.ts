import { toRecord } from "../../../append/event-record.ts";
import type { Decider } from "../../../deciders/decider.ts";
import type { Event, Metadata, NewEvent, StoredEvent } from "../../../event.ts";
import { freezeState } from "../../../projections/freeze-state.ts";
import { toStoredEvent } from "../../../storage/event-page.ts";
import type { EventRecord, OutboxEntry } from "../../../storage/protocol.ts";
import type { StoreContext } from "../../../storage/store-context.ts";
import type { PushedCommand, PushedEntry } from "../../messages.ts";
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
  events(): readonly PendingEvent[];
  /** The entry of each of the events. */
  sources(): readonly OutboxEntry[];
  /** The entries of the outbox that concern the stream and are not confirmed, with their events in it, by the ids of the entries. */
  entries(): ReadonlyMap<string, readonly PendingEvent[]>;
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

/** The events of an entry in a stream, which are made when somebody looks at them: an append only asks how many there are. */
export interface Shown {
  readonly entry: OutboxEntry;
  readonly count: number;
  readonly events: () => readonly PendingEvent[];
}

/** A stream at a version, with what is pending on top: grows as entries are added to the outbox. */
export interface PredictedStream {
  /** How many events are pending. */
  count(): number;
  /**
   * Takes the entries of the stream that were not taken yet, up to a number. Of entries after `unstored` it is known that none of their
   * events is stored. Commands are decided on what was taken before them.
   */
  take(entries: readonly OutboxEntry[], upTo: number, unstored: number): Promise<void>;
  /** Takes one of these entries as it was decided before, if it is the next that was not taken, and none is being taken. */
  adopt(entries: readonly OutboxEntry[], shown: Shown): void;
  /** Resolves with a decider's state after what was taken. */
  stateAfter(decider: string): Promise<unknown>;
  /** Returns what was taken up to a number. */
  upTo(number: number): Prediction;
}

/** Predicts a stream at a version: its pending commands are decided again, in their order, on the confirmed events up to there. */
export function predictStream(
  context: StoreContext,
  { deciders, stateOf }: StatesOfDeciders,
  stream: string,
  version: number,
): PredictedStream {
  const shown: Shown[] = [];
  const doubts = new Map<string, unknown>();
  /** The state of each decider after so many of what is shown. */
  const states = new Map<string, { readonly state: unknown; readonly after: number }>();
  let head: number | undefined;
  let taken = 0;
  /** How many calls of `take` go on. */
  let taking = 0;
  let count = 0;
  let turn: Promise<unknown> = Promise.resolve();
  let made: { readonly of: number; readonly prediction: Prediction } | undefined;

  async function takeNow(entries: readonly OutboxEntry[], upTo: number, unstored: number): Promise<void> {
    const left = entries.slice(taken).filter(({ number }) => number <= upTo);
    if (left.length === 0) return;
    head ??= await context.storage.head();
    const stored = await findStored(
      context,
      stream,
      left.filter(({ number }) => number <= unstored),
      version,
    );
    for (const entry of left) {
      await takeOne(entry, stored);
      taken += 1;
    }
  }

  async function takeOne(entry: OutboxEntry, stored: ReadonlySet<string>): Promise<void> {
    const pushed = JSON.parse(entry.body) as PushedEntry;
    if (pushed.kind === "append") {
      const own = pushed.entries.filter((one) => one.stream === stream).flatMap((one) => one.events);
      const left = own.filter(({ id }) => !stored.has(id));
      if (left.length > 0) show(entry, left);
    } else if (!entry.ids.every((id) => stored.has(id))) {
      let records: readonly EventRecord[] = [];
      try {
        records = await decideAgain(pushed);
      } catch (error) {
        doubts.set(entry.id, error);
      }
      show(entry, records);
    }
  }

  async function decideAgain({
    decider: name,
    command,
    key,
    metadata,
  }: PushedCommand): Promise<readonly EventRecord[]> {
    const decider = Object.hasOwn(deciders, name) ? deciders[name] : undefined;
    if (decider === undefined) throw new Error(`this replica has no decider named "${name}"`);
    const state = await stateAfter(name);
    const given: unknown = command === null ? undefined : JSON.parse(command);
    const events = decider._rivulet.decide(
      given,
      freezeState(state),
      decider._rivulet.keyOf(context, stream, key).idOf,
    );
    return toRecords(context, events, metadata === null ? undefined : (JSON.parse(metadata) as Metadata));
  }

  async function stateAfter(name: string): Promise<unknown> {
    const { step } = (deciders[name] as Deciders[string])._rivulet;
    let { state, after } = states.get(name) ?? { state: await stateOf(name, stream, version), after: 0 };
    for (; after < shown.length; after++) state = (shown[after] as Shown).events().reduce(step, state);
    states.set(name, { state, after });
    return state;
  }

  function show(entry: OutboxEntry, records: readonly EventRecord[]): void {
    const place = { stream, position: (head as number) + count, version: version + count, timestamp: entry.timestamp };
    add({ entry, count: records.length, events: lazily(() => toPendingEvents(context, records, place)) });
  }

  function add(one: Shown): void {
    shown.push(one);
    count += one.count;
  }

  return {
    count: () => count,
    async take(entries, upTo, unstored) {
      const last = entries.length === taken || (entries[taken] as OutboxEntry).number > upTo;
      // One after another, since each is decided on what the one before has made.
      if (last) return;
      taking += 1;
      const next = turn.catch(() => undefined).then(() => takeNow(entries, upTo, unstored));
      await (turn = next.finally(() => (taking -= 1)));
    },
    adopt(entries, one) {
      // What is being taken may be the same entry.
      if (taking > 0 || entries[taken] !== one.entry) return;
      taken += 1;
      add(one);
    },
    stateAfter,
    upTo(number) {
      let of = shown.length;
      while (of > 0 && (shown[of - 1] as Shown).entry.number > number) of -= 1;
      if (made?.of !== of) made = { of, prediction: toPrediction(shown.slice(0, of), doubts) };
      return made.prediction;
    },
  };
}

/** Makes pending events, as the definitions of the store read them, after a place. */
export function toPendingEvents(
  context: Pick<StoreContext, "format">,
  records: readonly EventRecord[],
  { stream, position, version, timestamp }: Pick<StoredEvent, "stream" | "position" | "version" | "timestamp">,
): readonly PendingEvent[] {
  return records.map((record, index) => {
    const number = index + 1;
    return toPending(context, record, { stream, position: position + number, version: version + number, timestamp });
  });
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

/** Returns a function that makes something when it is called first. */
export function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function toPrediction(shown: readonly Shown[], doubts: ReadonlyMap<string, unknown>): Prediction {
  return {
    events: lazily(() => shown.flatMap((one) => one.events())),
    sources: () => shown.flatMap(({ entry, count }) => Array.from({ length: count }, () => entry)),
    entries: lazily(() => new Map(shown.map((one) => [one.entry.id, one.events()]))),
    doubts,
  };
}

/** The ids of entries that are stored at or below a version. */
async function findStored(
  context: StoreContext,
  stream: string,
  entries: readonly OutboxEntry[],
  version: number,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  if (entries.length === 0) return found;
  const ids = entries.flatMap((entry) => entry.ids);
  for await (const page of readOn(context, { stream, filter: { ids } }, 0, version)) {
    for (const { id } of page) found.add(id);
  }
  return found;
}
