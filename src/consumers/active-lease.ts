import { EventStoreError } from "../errors.ts";
import { createUuidv7 } from "../events/ids.ts";
import { takeLease, type Lease } from "../storage/take-lease.ts";
import { createAbort, monotonicNow, sleep, type AbortSignalLike } from "../platform.ts";
import type { EventStorage, Fence } from "../storage/protocol.ts";

/** The lease of the active consumer, held by this client. */
export interface ActiveLease {
  readonly fence: Fence;
  /** Aborted with `lease-lost` once the lease is lost. */
  readonly lost: AbortSignalLike;
  /** Whether the last renewal is so long ago that another client may hold the lease: then {@link renew} it first. */
  readonly doubtful: boolean;
  /** Renews the lease. Rejects with `lease-lost`. */
  renew(): Promise<void>;
  /** Stops the periodic renewal, or starts it again. */
  suspendRenewal(suspended: boolean): void;
  /** Treats the lease as lost. @throws `lease-lost`. */
  lose(): never;
  /** Releases the lease. */
  release(): Promise<void>;
}

/** A period during which this client holds the lease, with the signals that end it. */
export interface Term {
  readonly lease: ActiveLease;
  /** Aborted when no further work may begin. */
  readonly over: AbortSignalLike;
  /** Aborted when work in progress must end, too. */
  readonly cut: AbortSignalLike;
}

export interface ActiveLeaseOptions {
  readonly name: string;
  /** How long the lease lasts, in milliseconds. */
  readonly duration: number;
  readonly signal: AbortSignalLike;
  /** The wall clock, in milliseconds since the epoch. */
  readonly clock: () => number;
  /** Called after every renewal, and when one would have been due. */
  readonly onBeat: () => void;
}

/** Waits for a consumer's lease, and renews it periodically. Rejects with the signal's reason. */
export async function takeActiveLease(
  storage: EventStorage,
  { name, duration, signal, clock, onBeat }: ActiveLeaseOptions,
): Promise<ActiveLease> {
  const holder = createUuidv7(clock)();
  const lease: Lease = await takeLease(storage, { name: `consumer/${name}`, holder, duration, signal, clock });
  const lost = createAbort();
  const ended = createAbort();
  let renewed = monotonicNow();
  let renewedAt = clock();
  let suspended = false;
  void renewOften();

  async function renewOften(): Promise<void> {
    while (!ended.signal.aborted && !lost.signal.aborted) {
      try {
        await sleep(duration / 3, ended.signal);
        if (!suspended) await renewOnce();
      } catch {
        // The lease was released, or the storage could not answer: then it becomes `doubtful`, and the next call of the storage fails.
      }
      onBeat();
    }
  }

  async function renewOnce(): Promise<void> {
    const [asked, askedAt] = [monotonicNow(), clock()];
    if (await lease.renew()) [renewed, renewedAt] = [asked, askedAt];
    else lost.abort(leaseLost(name));
  }

  return {
    fence: lease.fence,
    lost: lost.signal,
    get doubtful() {
      // By the wall clock as well: the monotonic one may have stopped while the machine slept.
      const passed = Math.max(monotonicNow() - renewed, Math.abs(clock() - renewedAt));
      return lost.signal.aborted || passed > duration / 2;
    },
    async renew() {
      try {
        if (!lost.signal.aborted) await renewOnce();
      } catch {
        // The next call of the storage reports the error. Until the lease expires by this clock, it is still held.
        if (monotonicNow() - renewed >= duration) lost.abort(leaseLost(name));
      }
      if (lost.signal.aborted) throw lost.signal.reason;
    },
    suspendRenewal: (now) => void (suspended = now),
    lose() {
      lost.abort(leaseLost(name));
      throw lost.signal.reason;
    },
    async release() {
      ended.abort();
      // If this fails, for example because the storage has ended, the lease expires.
      await lease.release().catch(() => undefined);
    },
  };
}

function leaseLost(name: string): EventStoreError {
  return new EventStoreError("lease-lost", `the consumer "${name}" is no longer the active one here`, { name });
}
