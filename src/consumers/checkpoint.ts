import { callInTime, type CallLimits } from "../async/timed-call.ts";
import { consumerTimeout, withRetries, isTransient, type ConsumerRun, type TimedCode } from "./retry.ts";
import type { Term } from "./active-lease.ts";
import type { CheckedConsumer } from "./define-consumer.ts";
import { EventStoreError, invalidArgument } from "../errors.ts";
import type { ConsumerCheckpoint } from "./consumer.ts";
import { eventIdAt, refuseOtherPast, toCheckpoint } from "./past.ts";
import { createAbort, onAbort, startTimer, underSignals, type AbortSignalLike } from "../platform.ts";
import type { ConsumerMove, ConsumerParked } from "../storage/protocol.ts";

/** The position up to which every event is handled. */
export interface Reached {
  readonly position: number;
  /** The id of the event at that position, if known. */
  readonly eventId?: string | undefined;
}

/** A consumer's checkpoint, while this client holds the lease. Its methods reject with `lease-lost` after that. */
export interface Checkpoint {
  /** The position up to which every event is handled and saved. */
  readonly saved: Reached;
  readonly lineage: string;
  /** Resolves with the id of the event at a position, whatever the filter; undefined if the checkpoint is kept in the store. */
  idAt(position: number): Promise<string | undefined>;
  /** Saves the checkpoint, and parks an event: both in one transaction if the checkpoint is kept in the store. */
  save(reached: Reached, park?: ConsumerParked): Promise<void>;
  /** Parks or unparks an event without moving the checkpoint. */
  park(change: Pick<ConsumerMove, "park" | "unpark">): Promise<void>;
}

/** How long a `load` or `save` may run once the consumer is to end, and again after its signal was aborted, in milliseconds. */
const CLOSING = 1_000;

/** Returns the time limits for calls of the user's code. */
export function limitsOf({ parts }: ConsumerRun, { lease, cut }: Term, what: TimedCode): CallLimits {
  return {
    timeout: parts.timeout,
    grace: () => parts.lease,
    cut,
    onLate() {
      lease.suspendRenewal(true);
      return consumerTimeout(what, parts.name, parts.timeout);
    },
  };
}

/** Loads the checkpoint. Rejects with `invalid-argument`, `storage-corrupt` or `lineage-changed` for one that does not fit the store. */
export async function openCheckpoint(run: ConsumerRun, term: Term): Promise<Checkpoint> {
  const { context, parts } = run;
  const { lease, over } = term;
  const { consumers } = context.storage;
  const own = parts.checkpoint;
  const { fence } = lease;
  /** The checkpoint in the store. */
  let kept: number | null = null;
  const lineage = await fromStore(() => run.lineage());
  let saved = await load();

  async function load(): Promise<Reached> {
    if (own === undefined) {
      kept = await fromStore(() => consumers.loadCheckpoint(parts.name));
      const head = await fromStore(() => context.storage.head());
      return { position: startOf(parts, kept, head) };
    }
    const found = toCheckpoint(await call("checkpoint.load", () => own.load()));
    const head = await fromStore(() => context.storage.head());
    await fromStore(() => refuseOtherPast(parts.name, found, context.storage, { lineage, head }));
    return { position: found.position, eventId: found.eventId ?? (await idAt(found.position)) };
  }

  async function idAt(position: number): Promise<string | undefined> {
    if (own === undefined || position === 0) return undefined;
    return fromStore(() => eventIdAt(context.storage, position));
  }

  async function move(change: Pick<ConsumerMove, "park" | "unpark">, to?: number): Promise<void> {
    const moved = to === undefined ? change : { ...change, checkpoint: { from: kept, to } };
    const answer = await fromStore(() => consumers.moveConsumer({ name: parts.name, fence, ...moved }));
    // A checkpoint that is at `to` already was moved by an earlier attempt of this call.
    if (answer.outcome === "fenced" || (answer.outcome === "moved" && answer.checkpoint !== to)) lease.lose();
    if (to !== undefined) kept = to;
  }

  function fromStore<T>(work: () => Promise<T>): Promise<T> {
    return withRetries(run, work, over, isTransient);
  }

  /** Calls the user's `load` or `save`, with retries as for the handler. If the call hangs, the lease is given up. */
  function call<T>(what: TimedCode, work: (signal: AbortSignalLike) => T | Promise<T>): Promise<T> {
    const once = async (): Promise<T> => {
      const outcome = await untilLongOver(term, (cut) => {
        const limits = {
          ...limitsOf(run, term, what),
          cut,
          grace: () => (over.aborted ? Math.min(parts.lease, CLOSING) : parts.lease),
        };
        return callInTime((one) => work(one.signal()), limits);
      });
      if (outcome.went === "well") return outcome.value;
      if (outcome.went === "hung") {
        run.tell.failing({ error: outcome.error, event: undefined, attempt: 1 });
        lease.lose();
      }
      lease.suspendRenewal(false);
      throw outcome.error;
    };
    return withRetries(run, once, over, () => !lease.lost.aborted);
  }

  return {
    get saved() {
      return saved;
    },
    lineage,
    idAt,
    async save({ position, eventId }, park) {
      if (position <= saved.position && park === undefined) return;
      if (lease.doubtful) await lease.renew();
      let id = eventId;
      if (own === undefined) {
        await move(park === undefined ? {} : { park }, position);
      } else {
        if (park !== undefined) await move({ park });
        if (own.save !== undefined) {
          const checkpoint = checkpointOf(lineage, { position, eventId: (id ??= await idAt(position)) });
          await call("checkpoint.save", (signal) => own.save?.(position, { token: fence.token, checkpoint, signal }));
        }
      }
      saved = { position, eventId: id };
    },
    park: (change) => move(change),
  };
}

/** Returns the checkpoint for `save` or the handler to store, and for `load` to return. */
export function checkpointOf(lineage: string, { position, eventId }: Reached): ConsumerCheckpoint {
  return eventId === undefined ? { position, lineage } : { position, lineage, eventId };
}

/**
 * Resolves with the checkpoint's position, without holding the lease. Rejects as {@link openCheckpoint} does; with `consumer-timeout` if
 * `load` hangs; and as soon as the store closes or the signal is aborted, with that reason.
 */
export async function lookUp({ context, parts, lineage }: ConsumerRun, until?: AbortSignalLike): Promise<number> {
  const { storage } = context;
  const own = parts.checkpoint;
  if (own === undefined) {
    const found = await storage.consumers.loadCheckpoint(parts.name);
    return startOf(parts, found, await storage.head());
  }
  const closing = createAbort();
  const ignoreClose = context.onClose((error) => closing.abort(error));
  const { name, timeout } = parts;
  const onLate = (): unknown => consumerTimeout("checkpoint.load", name, timeout);
  const loaded = await underSignals([closing.signal, until], (cut) =>
    callInTime(() => own.load(), { timeout, grace: () => 0, cut, onLate }),
  );
  ignoreClose();
  if (loaded.went !== "well") throw loaded.error;
  const found = toCheckpoint(loaded.value);
  await refuseOtherPast(parts.name, found, storage, { lineage: await lineage(), head: await storage.head() });
  return found.position;
}

/** Runs work under a signal that is aborted with `cut`, or `CLOSING` milliseconds after `over`. */
async function untilLongOver<T>({ over, cut }: Term, work: (signal: AbortSignalLike) => Promise<T>): Promise<T> {
  const late = createAbort();
  let stopTimer = (): void => undefined;
  const wait = (): void => {
    stopTimer = startTimer(CLOSING, () => late.abort(over.reason));
  };
  if (over.aborted) wait();
  const ignore = onAbort(over, wait);
  try {
    return await underSignals([cut, late.signal], work);
  } finally {
    ignore();
    stopTimer();
  }
}

/** Returns the position after which a consumer starts. @throws `invalid-argument` or `storage-corrupt` if it is beyond the head. */
function startOf({ name, after }: CheckedConsumer, found: number | null, head: number): number {
  const start = found ?? (after === "head" ? head : after);
  if (start >= 0 && start <= head) return start;
  const where = `the consumer "${name}" stands at ${start}, and the store only at ${head}`;
  if (found === null) throw invalidArgument("after", `after: ${where}: is it another store?`);
  throw new EventStoreError("storage-corrupt", `a checkpoint in the store is wrong: ${where}`, { position: start });
}
