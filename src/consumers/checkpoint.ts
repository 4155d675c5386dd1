import { callInTime, type CallLimits } from "../async/timed-call.ts";
import { consumerTimeout, insist, isTransient, type ConsumerRun } from "./retry.ts";
import type { Term } from "./active-lease.ts";
import type { CheckedConsumer } from "./define-consumer.ts";
import { invalidArgument } from "../errors.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { ConsumerMove, ConsumerParked } from "../storage/protocol.ts";
import { describe } from "../thrown.ts";

/** Where a consumer's checkpoint is kept, for the length of a turn. All of this rejects with `lease-lost` once that is over. */
export interface Place {
  /** Everything up to here is handled and saved. */
  readonly saved: number;
  /** Keeps a position, and an event that is set aside at once with it. */
  save(position: number, park?: ConsumerParked): Promise<void>;
  /** Sets an event aside, or takes it back, and leaves the position where it is. */
  park(change: Pick<ConsumerMove, "park" | "unpark">): Promise<void>;
}

/** How long calls of the user's code may take in a turn. */
export function limitsOf({ parts }: ConsumerRun, { turn, cut }: Term): CallLimits {
  return {
    timeout: parts.timeout,
    grace: parts.lease,
    cut,
    onLate() {
      turn.neglect(true);
      return consumerTimeout(parts.name, parts.timeout);
    },
  };
}

/**
 * Looks where the consumer stands. Rejects with `invalid-argument` where that is beyond the head.
 */
export async function openPlace(run: ConsumerRun, term: Term): Promise<Place> {
  const { source, parts } = run;
  const { turn, over } = term;
  const { consumers } = source.storage;
  const own = parts.checkpoint;
  const { fence } = turn;
  /** Where the checkpoint in the store stands. */
  let kept: number | null = null;
  let saved = await load();

  async function load(): Promise<number> {
    if (own === undefined) kept = await fromStore(() => consumers.loadCheckpoint(parts.name));
    const found = own === undefined ? kept : ((await call(() => own.load())) ?? 0);
    if (!isPosition(found)) throw invalidArgument("checkpoint", `load gave ${describe(found)}, which is no position`);
    const head = await fromStore(() => source.storage.head());
    return startOf(parts, found, head);
  }

  async function move(change: Pick<ConsumerMove, "park" | "unpark">, to?: number): Promise<void> {
    const moved = to === undefined ? change : { ...change, checkpoint: { from: kept, to } };
    const answer = await fromStore(() => consumers.moveConsumer({ name: parts.name, fence, ...moved }));
    // Where it stands there already, what was sent was sent twice.
    if (answer.outcome === "fenced" || (answer.outcome === "moved" && answer.checkpoint !== to)) turn.lose();
    if (to !== undefined) kept = to;
  }

  function fromStore<T>(work: () => Promise<T>): Promise<T> {
    return insist(run, work, over, isTransient);
  }

  /** What is the user's may fail like the handler; what hangs takes the turn with it. */
  function call<T>(work: (signal: AbortSignalLike) => T | Promise<T>): Promise<T> {
    const once = async (): Promise<T> => {
      const outcome = await callInTime((one) => work(one.signal), limitsOf(run, term));
      if (outcome.went === "well") return outcome.value;
      if (outcome.went === "hung") {
        run.tell.failing({ error: outcome.error, event: undefined, attempt: 1 });
        turn.lose();
      }
      turn.neglect(false);
      throw outcome.error;
    };
    return insist(run, once, over, () => !turn.lost.aborted);
  }

  return {
    get saved() {
      return saved;
    },
    async save(position, park) {
      if (position <= saved && park === undefined) return;
      if (turn.doubtful) await turn.hold();
      if (own === undefined) {
        await move(park === undefined ? {} : { park }, position);
      } else {
        if (park !== undefined) await move({ park });
        if (own.save !== undefined) {
          await call((signal) => own.save?.(position, { token: fence.token, signal }));
        }
      }
      saved = position;
    },
    park: (change) => move(change),
  };
}

/** Where it stands, asked from outside of a turn. */
export async function lookUp({ source, parts }: Pick<ConsumerRun, "source" | "parts">): Promise<number> {
  const own = parts.checkpoint;
  const found =
    own === undefined ? await source.storage.consumers.loadCheckpoint(parts.name) : ((await own.load()) ?? 0);
  return startOf(parts, found, await source.storage.head());
}

/** After which position it goes on. Throws `invalid-argument` where that is beyond the head. */
function startOf({ name, after }: CheckedConsumer, found: number | null, head: number): number {
  const start = found ?? (after === "head" ? head : after);
  if (start <= head) return start;
  const argument = found === null ? "after" : "checkpoint";
  const message = `${argument}: the consumer "${name}" stands at ${start}, and the store only at ${head}: is it another store?`;
  throw invalidArgument(argument, message);
}

function isPosition(found: unknown): found is number | null {
  return found === null || (Number.isSafeInteger(found) && (found as number) >= 0);
}
