import { rejectWith } from "../storage/failure.ts";
import { mustBe, type EventStoreErrorDetails } from "../errors.ts";
import { DRAWS, placeOf, redraw, refuseDuplicates } from "./drawn-ids.ts";
import { causedBy, toRecord } from "./event-record.ts";
import { toStoredEvent } from "../storage/event-page.ts";
import type { CausingEvent, Event, Metadata, NewEvent, StoredEvent } from "../event.ts";
import { withLazy } from "../lazy-property.ts";
import { readPage } from "../read/event-codec.ts";
import type { EventFormat } from "../events/event-format.ts";
import { checkInteger, checkName, checkOptions } from "../validate.ts";
import { refuseAborted, type AbortSignalLike } from "../platform.ts";
import { createPager } from "../read/pager.ts";
import type {
  AppendEntry,
  AppendOutcome,
  AppendRequest,
  CommittedEntry,
  EventRecord,
  EventStorage,
  ExpectedVersion,
  Failure,
  StoredRecord,
} from "../storage/protocol.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** Options of an append to one stream or several. */
export interface AppendAllOptions {
  /**
   * The event that caused these. Its id becomes the `causationId` in their metadata, and its `correlationId`, or else its id, their
   * `correlationId`. Keys of an event's own metadata take precedence.
   */
  readonly causedBy?: CausingEvent | undefined;
  /**
   * Aborting it rejects with the signal's reason. A waiting append is then not stored; one whose commit is under way may be. To find
   * out, append the events again with the same ids.
   */
  readonly signal?: AbortSignalLike | undefined;
}

/** Options of an append to one stream. */
export interface AppendOptions extends AppendAllOptions {
  /**
   * The version that the stream must have: a number (0: no stream yet), "no-stream", "stream-exists" or "any"; default "any".
   * It is not checked if all of the events are stored already, under the same ids.
   */
  readonly expectedVersion?: ExpectedVersion | undefined;
}

/** New events for one stream, in an append to several. */
export interface StreamAppend<E extends Event = Event> {
  /** The name of the stream. */
  readonly stream: string;
  /** One event or several. */
  readonly events: NewEvent<E> | readonly NewEvent<E>[];
  /** The version that the stream must have, as in {@link AppendOptions}; default "any". */
  readonly expectedVersion?: ExpectedVersion | undefined;
}

/** The result of an append to one stream. */
export interface AppendResult<E extends Event = Event> {
  /** The highest version among these events. */
  readonly version: number;
  /** The highest position among these events. */
  readonly position: number;
  /** The stored events, in the order in which they were given. */
  readonly events: readonly StoredEvent<E>[];
  /** How many of the events were stored already, under the same ids. */
  readonly deduplicated: number;
}

/** Options of one append, including those that users do not set. */
export interface AppendCall extends AppendAllOptions {
  /** Metadata for every event, below the event's own. */
  readonly metadata?: Metadata | undefined;
}

/** Checks and queues an append to one stream, and reports its outcome; `options` are those that the call may have. */
export function append(
  context: StoreContext,
  entries: readonly [StreamAppend],
  call: AppendCall,
  options: readonly string[],
  single: true,
): Promise<AppendResult<never>>;
/** The same to several streams. Without `single`, errors name the entry. */
export function append(
  context: StoreContext,
  entries: readonly StreamAppend[],
  call: AppendCall,
  options: readonly string[],
): Promise<AppendResult<never>[]>;
export function append(
  context: StoreContext,
  entries: readonly StreamAppend[],
  call: AppendCall,
  options: readonly string[],
  single?: true,
): Promise<unknown> {
  try {
    context.ensureOpen();
    checkOptions(call, options);
    const { causedBy: cause, metadata } = call;
    refuseAborted(call.signal);
    const shared = causedBy(cause);
    return push(toRequest(context, entries, metadata ? { ...shared, ...metadata } : shared, single), DRAWS);
  } catch (error) {
    return Promise.reject(error);
  }

  function push(request: AppendRequest, draws: number): Promise<unknown> {
    refuseDuplicates(request, context.newId, single);
    const settle = (outcome: AppendOutcome): unknown => {
      if (outcome.ok) {
        // Not map: what it returns is a list of another kind once it is compiled as a part of this function, and then the
        // compiled code is thrown away.
        const results: AppendResult[] = [];
        for (let index = 0; index < request.entries.length; index++) {
          results.push(toResult(request.entries[index]!, outcome.entries[index]!, outcome.timestamp, context.format));
        }
        return single ? results[0] : results;
      }
      if (draws === 1 || !outcome.failure.details["drawn"]) return refuse(context, outcome);
      redraw(request, context.newId);
      return push(request, draws - 1);
    };
    return context.queue.push(request, settle, call.signal);
  }
}

/**
 * Checks the events of an append, and turns them into records. `single`: the entry is the caller's own, and errors do not name it.
 *
 * @throws `invalid-event` or `invalid-argument`.
 */
export function toRequest(
  context: StoreContext,
  entries: readonly StreamAppend[],
  shared: Metadata | undefined,
  single: true | undefined,
): AppendRequest {
  let freshIds = true;
  const checked: AppendEntry[] = [];
  // No `for of`, which is three times the code to interpret and to compile; nor map, which skips holes: a hole is an entry that is missing.
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index]!;
    const at = placeOf(index, single);
    if (!single) checkOptions(entry, ENTRY_OPTIONS, at.slice(0, -1));
    const { stream, expectedVersion = "any" } = entry;
    checkName(stream, `${at}stream`);
    checkExpectedVersion(expectedVersion, `${at}expectedVersion`);
    const events = (Array.isArray(entry.events) ? entry.events : [entry.events]) as readonly NewEvent[];
    if (events.length === 0) throw mustBe(`${at}events`, "at least one event");
    const records: EventRecord[] = [];
    for (let place = 0; place < events.length; place++) {
      const event = events[place]!;
      if (event?.id !== undefined) freshIds = false;
      records.push(toRecord(event, `${at}events[${place}]`, context, shared));
    }
    checked.push({ stream, expectedVersion, events: records });
  }
  return { entries: checked, timestamp: context.clock(), freshIds };
}

/** Of every append. */
export const APPEND_OPTIONS: readonly string[] = ["causedBy", "signal"];

const ENTRY_OPTIONS = ["stream", "events", "expectedVersion"];

function checkExpectedVersion(expected: unknown, argument: string): void {
  if (!["any", "no-stream", "stream-exists"].includes(expected as string))
    checkInteger(expected, argument, 0, ', "any", "no-stream" or "stream-exists"');
}

async function refuse(
  { storage, format }: Pick<StoreContext, "storage" | "format">,
  { failure, unseen }: Extract<AppendOutcome, { ok: false }>,
): Promise<never> {
  let { details } = failure;
  try {
    if (unseen !== undefined) details = { ...details, events: readPage(unseen, format) };
  } catch (error) {
    await locate(storage, failure, error);
  }
  return rejectWith({ ...failure, details });
}

/** One of the unseen events cannot be read. Reads them again one by one, which rejects with that event's position. */
async function locate(storage: EventStorage, { details }: Failure, error: unknown): Promise<never> {
  const { stream, expected, actual } = details as unknown as EventStoreErrorDetails["version-conflict"];
  const after = Number(expected) || 0;
  const pager = createPager({ storage }, { stream, after, upTo: actual, direction: "forward" });
  while ((await pager.next()) !== undefined);
  throw error;
}

/** The result of one entry. Its events are made when they are first read: most callers use only the version. */
function toResult(
  { stream, events }: AppendEntry,
  committed: CommittedEntry,
  timestamp: number,
  format: EventFormat | undefined,
): AppendResult {
  const { known } = committed;
  const added = events.length - known.length;
  let version = added && committed.version + added - 1;
  let position = added && committed.position + added - 1;
  for (let index = 0; index < known.length; index++) {
    const { record } = known[index]!;
    version = Math.max(version, record.version);
    position = Math.max(position, record.position);
  }
  let stored: StoredEvent[] | undefined;
  const made = (): readonly StoredEvent[] =>
    (stored ??= storedRecords(stream, events, committed, timestamp).map((record) => {
      const event = toStoredEvent(record);
      return format ? format.read(event) : event;
    }));
  return withLazy({ version, position, deduplicated: known.length }, { events: made });
}

function storedRecords(
  stream: string,
  events: readonly EventRecord[],
  { position, version, known }: CommittedEntry,
  timestamp: number,
): StoredRecord[] {
  let added = 0;
  return events.map((event, index) => {
    // They are in the order of the events.
    const next = known[index - added];
    return next?.index === index
      ? next.record
      : { ...event, stream, position: position + added, version: version + added++, timestamp };
  });
}
