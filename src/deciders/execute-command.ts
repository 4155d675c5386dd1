import { append, type AppendResult } from "../append/append.ts";
import { commandKey } from "./idempotency-key.ts";
import type { Executed, ExecuteOptions } from "./decider.ts";
import { EventStoreError, invalidArgument, isEventStoreError } from "../errors.ts";
import type { CausingEvent, Event, NewEvent, StoredEvent } from "../event.ts";
import type { Fold } from "../projections/fold.ts";
import { freezeState } from "../projections/freeze-state.ts";
import { runExclusive } from "../async/keyed-mutex.ts";
import { toJson } from "../events/json.ts";
import { withLazy } from "../lazy-property.ts";
import { loadStream } from "../projections/load.ts";
import { checkInteger, checkOptions } from "../validate.ts";
import { createPager } from "../read/pager.ts";
import type { Loaded } from "../projections/projection.ts";
import { refuseThenable } from "../async/thenable.ts";
import type { StoreContext } from "../storage/store-context.ts";

const RETRIES = 100;

const OPTIONS = ["retries", "idempotencyKey", "causedBy", "metadata", "signal"];

/** A command, still to be decided. */
interface Decision<State> {
  readonly fold: Fold<State>;
  /** Returns an unchecked value. */
  decide(state: State): unknown;
}

/**
 * Loads the state, decides, and appends at the version of that state; after a version conflict, decides again. Rejects with the
 * error that `decide` throws, and like loading and appending.
 */
export async function execute<State, E extends Event>(
  context: StoreContext,
  decision: Decision<State>,
  stream: string,
  command: unknown,
  options: ExecuteOptions,
): Promise<Executed<State, E>> {
  context.ensureOpen();
  checkOptions(options, OPTIONS);
  const { retries = RETRIES, idempotencyKey, causedBy = causeIn(command), metadata, signal } = options;
  checkInteger(retries, "retries", 0);
  checkMetadata(metadata);
  const key = idempotencyKey === undefined ? undefined : commandKey(context, stream, idempotencyKey);
  // One after the other within this store: concurrent commands would decide on the same version, and all but one would conflict.
  return runExclusive(context.locks, stream, signal, run);

  async function run(): Promise<Executed<State>> {
    let known: Loaded<State> = await loadStream(context, decision.fold, stream, { signal });
    let asked = false;
    for (let left = retries; ; left--) {
      // Looked up after the state was loaded, so that a command is never decided on a state that includes its own events.
      if (key !== undefined && !asked && known.version > 0) {
        const earlier = await key.find();
        if (earlier !== undefined) return recall(earlier);
        asked = true;
      }
      const events = decided(decision.decide(known.state), key?.idOf);
      if (events.length === 0) return untouched(known);
      try {
        const result = await appendAt(known.version, events);
        if (result.deduplicated === 0) return written(known, result);
        return recall((await key?.find()) ?? result.events);
      } catch (error) {
        if (key !== undefined && isEventStoreError(error, "event-id-conflict")) {
          const earlier = await key.find();
          if (earlier !== undefined) return recall(earlier);
        }
        if (!isEventStoreError(error, "version-conflict") || error.details.events.length === 0) throw error;
        if (left === 0) throw retries === 0 ? error : stillConflicting(error, retries);
        const { events: unseen, complete } = error.details;
        known = foldOnto(known, unseen);
        if (!complete) known = await readOn(known);
        asked = complete && !(key?.isAmong(unseen) ?? false);
      }
    }
  }

  function appendAt(expectedVersion: number, events: readonly NewEvent[]): Promise<AppendResult> {
    const call = { causedBy, metadata, signal };
    return append(context, [{ stream, events, expectedVersion }], call, OPTIONS, true);
  }

  function foldOnto({ state, version }: Loaded<State>, events: readonly StoredEvent[]): Loaded<State> {
    return {
      state: freezeState(events.reduce((before, event) => decision.fold.step(before, event), state)),
      version: events.at(-1)?.version ?? version,
    };
  }

  /** Reads the events that a conflict did not carry. */
  async function readOn(known: Loaded<State>): Promise<Loaded<State>> {
    const after = known.version;
    const pager = createPager(context, { stream, after, upTo: Number.MAX_SAFE_INTEGER, direction: "forward" });
    let now = known;
    for (let page = await pager.next(); page !== undefined; page = await pager.next()) now = foldOnto(now, page);
    return now;
  }

  function written(before: Loaded<State>, result: AppendResult): Executed<State> {
    const { version, position } = result;
    let after: Loaded<State> | undefined;
    return withLazy(
      { version, position, repeated: false },
      {
        events: () => result.events,
        state: () => (after ??= foldOnto(before, result.events)).state,
      },
    );
  }

  /** The result as it was when these events were stored. */
  async function recall(events: readonly StoredEvent[]): Promise<Executed<State>> {
    const upTo = Math.max(...events.map(({ version }) => version));
    const { state, version } = await loadStream(context, decision.fold, stream, { upTo, signal });
    const position = Math.max(...events.map((event) => event.position));
    return { events, state, version, position, repeated: true };
  }
}

/** As many conflicts in a row are rarely other writers' work: `decide` may itself append. */
function stillConflicting(last: EventStoreError<"version-conflict">, retries: number): EventStoreError {
  const message = `${last.message}; ${retries} ${retries === 1 ? "retry" : "retries"} met a conflict each: does decide append by itself?`;
  return new EventStoreError("version-conflict", message, last.details, last);
}

function untouched<State>({ state, version }: Loaded<State>): Executed<State> {
  return { events: [], state, version, position: undefined, repeated: false };
}

/** Checks what `decide` returned, and gives the events the ids of a command's key, if there is one. @throws `invalid-event`. */
export function decided(made: unknown, idOf: ((index: number) => string) | undefined): readonly NewEvent[] {
  if (made === undefined) return [];
  try {
    refuseThenable(made, "decide");
  } catch (cause) {
    const why = "decide returned a promise: load what it needs before executing, and pass it in the command";
    throw new EventStoreError("invalid-event", why, { path: "events" }, cause);
  }
  const events: readonly unknown[] = Array.isArray(made) ? made : [made];
  // Array.from, not map, which skips holes: a missing event must be refused.
  return Array.from(events, (event, index) => {
    const path = `events[${index}]`;
    const { type, id } = (event ?? {}) as { type?: unknown; id?: unknown };
    if (typeof type !== "string") {
      throw new EventStoreError("invalid-event", `${path}: decide returned a value without a type, which is no event`, {
        path,
      });
    }
    if (idOf === undefined) return event as NewEvent;
    if (id !== undefined) {
      const why = `${path}.id: with an idempotency key, ids are made from the key: leave id out`;
      throw new EventStoreError("invalid-event", why, { path: `${path}.id` });
    }
    return { ...(event as NewEvent), id: idOf(index) };
  });
}

function checkMetadata(metadata: unknown): void {
  if (metadata === undefined) return;
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    throw invalidArgument("metadata", "metadata must be a JSON object");
  }
  try {
    toJson(metadata, "metadata");
  } catch (error) {
    throw isEventStoreError(error, "invalid-event") ? invalidArgument(error.details.path, error.message) : error;
  }
}

/** A command that is a stored event is the cause of the new events. */
function causeIn(command: unknown): CausingEvent | undefined {
  const { id, stream, position, metadata } = (command ?? {}) as Partial<StoredEvent>;
  const isStored = typeof id === "string" && typeof stream === "string" && typeof position === "number";
  return isStored && typeof metadata === "object" ? (command as CausingEvent) : undefined;
}
