import { monotonicNow, sleep, type AbortSignalLike } from "../platform.ts";
import { durationOf, holderId } from "./lease-rules.ts";
import type { EventStorage, Fence, LeaseOutcome, LeaseSeen, RuntimeLock } from "./protocol.ts";

/** How often somebody who waits looks whether a lease was given back before it ran out, in milliseconds. */
const PATIENCE = 1_000;

export interface LeaseOptions {
  /** What is to be done by one alone. */
  readonly name: string;
  /** An id of who asks, its own for each. */
  readonly holder: string;
  /** How long it lasts unless it is renewed, in milliseconds. Where the runtime has locks, it lasts as long as the client. */
  readonly duration: number;
  /** Aborting it ends the waiting. */
  readonly signal?: AbortSignalLike | undefined;
  /** The clock on the wall, in milliseconds since the epoch. What is waited is measured by another, which nobody sets. */
  readonly clock: () => number;
}

/** The right to do something alone. */
export interface Lease {
  /** What a write shows that nobody else may do. */
  readonly fence: Fence;
  /** Makes it last its whole duration from now on; false: it is lost, and may be somebody else's. */
  renew(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Waits for a lease. Where the runtime has locks, one of them says who is next, so that nobody's timers count and the death
 * of the holder is known at once; the token is what writes are checked by, everywhere. Rejects with the signal's reason, or
 * with what the storage says.
 */
export async function takeLease(storage: EventStorage, options: LeaseOptions): Promise<Lease> {
  const lock = await storage.lock?.(options.name, options.signal);
  try {
    return await acquire(storage, options, lock);
  } catch (error) {
    lock?.release();
    throw error;
  }
}

async function acquire(
  { leases }: EventStorage,
  { name, holder: id, duration, signal, clock }: LeaseOptions,
  lock: RuntimeLock | undefined,
): Promise<Lease> {
  const holder = holderId(id, duration);
  const ask = (instead?: LeaseSeen): Promise<LeaseOutcome> => {
    const request = { name, holder, now: clock(), duration, force: lock !== undefined };
    return leases.acquireLease(instead === undefined ? request : { ...request, instead });
  };
  let outcome = await ask();
  /** The lease that stands in the way, since when, and until when it can be that its holder lives, both on the monotonic clock. */
  let other: LeaseSeen | undefined;
  let until = 0;
  while (!outcome.held) {
    const { remaining, seen } = outcome;
    if (seen.token !== other?.token || seen.expires !== other.expires) {
      other = seen;
      const theirs = durationOf(seen.holder) ?? duration;
      // A living holder prolongs it before half of its duration has passed. So much is waited even where the clock on the wall says that
      // it has run out: that clock may have been set forward.
      until = monotonicNow() + Math.min(Math.max(remaining, theirs / 2), theirs);
    }
    const left = until - monotonicNow();
    if (left > 0) await sleep(Math.min(left, PATIENCE), signal);
    // Whatever the clock on the wall says: its holder would have prolonged it by now.
    outcome = await ask(monotonicNow() >= until ? other : undefined);
  }
  const fence = { lease: name, token: outcome.token };

  return {
    fence,
    async renew() {
      if (lock !== undefined) return lock.held;
      const again = await ask();
      if (again.held && again.token === fence.token) return true;
      // It ran out and was somebody else's in between: what is held now is another one.
      if (again.held) await leases.releaseLease({ lease: name, token: again.token });
      return false;
    },
    async release() {
      try {
        await leases.releaseLease(fence);
      } finally {
        lock?.release();
      }
    },
  };
}
