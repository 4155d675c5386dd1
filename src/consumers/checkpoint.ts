import { callInTime, type CallLimits } from "../async/timed-call.ts";
import { consumerTimeout, withRetries, isTransient, type ConsumerRun, type TimedCode } from "./retry.ts";
import type { Term } from "./active-lease.ts";
import type { CheckedConsumer } from "./define-consumer.ts";
import { EventStoreError, invalidArgument } from "../errors.ts";
import type { ConsumerCheckpoint } from "./consumer.ts";
import { eventIdAt, refuseOtherPast, toCheckpoint } from "./past.ts";
import { createAbort, onAbort, startTimer, underSignals, type AbortSignalLike } from "../platform.ts";
import type { ConsumerMove, ConsumerParked } from "../storage/protocol.ts";

/** Up to where everything is handled. */
export interface Reached {
  readonly position: number;
  /** Of the event at that position, where it is known. */
  readonly eventId?: string | undefined;
}

/** Where a consumer's checkpoint is kept, for the length of a turn. All of this rejects with `lease-lost` once that is over. */
export interface Place {
  /** Everything up to here is handled and saved. */
  readonly saved: Reached;
  readonly lineage: string;
  /** Where the checkpoint is kept elsewhere: the id of the event at a position, which need not be one of the consumer's. */
  idAt(position: number): Promise<string | undefined>;
  /** Keeps how far it has come, and an event that is set aside at once with it. */
  save(reached: Reached, park?: ConsumerParked): Promise<void>;
  /** Sets an event aside, or takes it back, and leaves the position where it is. */
  park(change: Pick<ConsumerMove, "park" | "unpark">): Promise<void>;
}

/** How long a `load` or `save` may go on once the consumer is to end, and again once it was told so, in milliseconds. */
const CLOSING = 1_000;

/** How long calls of the user's code may take in a turn. */
export function limitsOf({ parts }: ConsumerRun, { turn, cut }: Term, what: TimedCode): CallLimits {
  return {
    timeout: parts.timeout,
    grace: parts.lease,
    cut,
    onLate() {
      turn.neglect(true);
      return consumerTimeout(what, parts.name, parts.timeout);
    },
  };
}

/**
 * Looks where the consumer stands. Rejects with `invalid-argument`, `storage-corrupt` or `lineage-changed` where it cannot stand
 * there.
 */
export async function openPlace(run: ConsumerRun, term: Term): Promise<Place> {
  const { context, parts } = run;
  const { turn, over } = term;
  const { consumers } = context.storage;
  const own = parts.checkpoint;
  const { fence } = turn;
  /** Where the checkpoint in the store stands. */
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
    // Where it stands there already, what was sent was sent twice.
    if (answer.outcome === "fenced" || (answer.outcome === "moved" && answer.checkpoint !== to)) turn.lose();
    if (to !== undefined) kept = to;
  }

  function fromStore<T>(work: () => Promise<T>): Promise<T> {
    return withRetries(run, work, over, isTransient);
  }

  /** What is the user's may fail like the handler; what hangs takes the turn with it. */
  function call<T>(what: TimedCode, work: (signal: AbortSignalLike) => T | Promise<T>): Promise<T> {
    const once = async (): Promise<T> => {
      const outcome = await untilLongOver(term, (cut) => {
        const limits = {
          ...limitsOf(run, term, what),
          cut,
          get grace() {
            return over.aborted ? Math.min(parts.lease, CLOSING) : parts.lease;
          },
        };
        return callInTime((one) => work(one.signal), limits);
      });
      if (outcome.went === "well") return outcome.value;
      if (outcome.went === "hung") {
        run.tell.failing({ error: outcome.error, event: undefined, attempt: 1 });
        turn.lose();
      }
      turn.neglect(false);
      throw outcome.error;
    };
    return withRetries(run, once, over, () => !turn.lost.aborted);
  }

  return {
    get saved() {
      return saved;
    },
    lineage,
    idAt,
    async save({ position, eventId }, park) {
      if (position <= saved.position && park === undefined) return;
      if (turn.doubtful) await turn.hold();
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

/** What is kept elsewhere, to be given back by `load`. */
export function checkpointOf(lineage: string, { position, eventId }: Reached): ConsumerCheckpoint {
  return { position, lineage, ...(eventId !== undefined && { eventId }) };
}

/**
 * Where it stands, asked from outside of a turn. Rejects as {@link openPlace} does, with `consumer-timeout` where `load` hangs, and
 * as soon as the store closes or the signal is aborted, with the reason of that.
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
    callInTime(() => own.load(), { timeout, grace: 0, cut, onLate }),
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
