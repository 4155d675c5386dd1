import { monotonicNow, sleep, type AbortSignalLike } from "../platform.ts";
import { durationOf, holderId } from "./lease-rules.ts";
import type { EventStorage, Fence, LeaseOutcome, LeaseSeen, RuntimeLock } from "./protocol.ts";

/** How often a waiting client checks whether a lease was released, in milliseconds. */
const CHECK_INTERVAL = 1_000;

export interface LeaseOptions {
  /** The name of the lease. */
  readonly name: string;
  /** The unique id of the client. */
  readonly holder: string;
  /** How long the lease lasts unless it is renewed, in milliseconds. If the runtime has locks, it lasts as long as the client. */
  readonly duration: number;
  /** Aborting it ends the waiting. */
  readonly signal?: AbortSignalLike | undefined;
  /** The wall clock, in milliseconds since the epoch. Waiting times are measured on a monotonic clock. */
  readonly clock: () => number;
}

/** A lease that is held. */
export interface Lease {
  /** A part of every write that only the holder may do. */
  readonly fence: Fence;
  /** Renews the lease for its whole duration; resolves with false if it was lost. */
  renew(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Waits for a lease. If the runtime has locks, clients wait for one of them, so that the death of a holder is noticed at once; writes
 * are checked by the lease's token in either case. Rejects with the signal's reason or the storage's error.
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
  /** Another client's lease, and until when its holder may be alive, on the monotonic clock. */
  let other: LeaseSeen | undefined;
  let until = 0;
  while (!outcome.held) {
    const { remaining, seen } = outcome;
    if (seen.token !== other?.token || seen.expires !== other.expires) {
      other = seen;
      const theirs = durationOf(seen.holder) ?? duration;
      // A living holder renews it before half of its duration has passed. This client waits that long even if the lease has expired by
      // the wall clock, which may have been set forward.
      until = monotonicNow() + Math.min(Math.max(remaining, theirs / 2), theirs);
    }
    const left = until - monotonicNow();
    if (left > 0) await sleep(Math.min(left, CHECK_INTERVAL), signal);
    // By now, a living holder would have renewed the lease, whatever the wall clock says.
    outcome = await ask(monotonicNow() >= until ? other : undefined);
  }
  const fence = { lease: name, token: outcome.token };

  return {
    fence,
    async renew() {
      if (lock !== undefined) return lock.held;
      const again = await ask();
      if (again.held && again.token === fence.token) return true;
      // Another client held the lease in between, so this is a new lease.
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
