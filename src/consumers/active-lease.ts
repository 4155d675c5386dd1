import { EventStoreError } from "../errors.ts";
import { createUuidv7 } from "../events/ids.ts";
import { takeLease, type Lease } from "../storage/take-lease.ts";
import { createAbort, monotonicNow, sleep, type AbortSignalLike } from "../platform.ts";
import type { EventStorage, Fence } from "../storage/protocol.ts";

/** From becoming the one that is active to being it no longer. */
export interface Turn {
  readonly fence: Fence;
  /** Aborted once it is lost, with `lease-lost`. */
  readonly lost: AbortSignalLike;
  /** It was renewed so long ago that it may be somebody else's: {@link hold} first. */
  readonly doubtful: boolean;
  /** Renews it. Rejects with `lease-lost`. */
  hold(): Promise<void>;
  /** From now on it is not renewed, or again. */
  neglect(neglected: boolean): void;
  /** Gives it up: throws `lease-lost`. */
  lose(): never;
  /** Gives it back. */
  end(): Promise<void>;
}

/** A turn, and when what is done in it is to stop. */
export interface Term {
  readonly turn: Turn;
  /** Aborted once nothing more is to be begun. */
  readonly over: AbortSignalLike;
  /** Aborted once what is under way is to end as well. */
  readonly cut: AbortSignalLike;
}

export interface TurnOptions {
  readonly name: string;
  /** How long the lease lasts, in milliseconds. */
  readonly duration: number;
  readonly signal: AbortSignalLike;
  /** The clock on the wall, in milliseconds since the epoch. */
  readonly clock: () => number;
  /** Called each time when it was renewed, or would have been. */
  readonly onBeat: () => void;
}

/** Waits for the turn of a consumer, and renews it by itself. Rejects with the signal's reason. */
export async function takeTurn(
  storage: EventStorage,
  { name, duration, signal, clock, onBeat }: TurnOptions,
): Promise<Turn> {
  const holder = createUuidv7(clock)();
  const lease: Lease = await takeLease(storage, { name: `consumer/${name}`, holder, duration, signal, clock });
  const lost = createAbort();
  const ended = createAbort();
  let renewed = monotonicNow();
  let renewedAt = clock();
  let neglected = false;
  void renewOften();

  async function renewOften(): Promise<void> {
    while (!ended.signal.aborted && !lost.signal.aborted) {
      try {
        await sleep(duration / 3, ended.signal);
        if (!neglected) await renew();
      } catch {
        // It has ended; or the storage could not answer now, which shows in the calls that matter, as `doubtful` does.
      }
      onBeat();
    }
  }

  async function renew(): Promise<void> {
    const [asked, askedAt] = [monotonicNow(), clock()];
    if (await lease.renew()) [renewed, renewedAt] = [asked, askedAt];
    else lost.abort(leaseLost(name));
  }

  return {
    fence: lease.fence,
    lost: lost.signal,
    get doubtful() {
      // The clock on the wall, too: the other one may have stood still while the machine slept.
      const passed = Math.max(monotonicNow() - renewed, Math.abs(clock() - renewedAt));
      return lost.signal.aborted || passed > duration / 2;
    },
    async hold() {
      try {
        if (!lost.signal.aborted) await renew();
      } catch {
        // Whoever asks next meets the error. Until it has run out by this clock, it is held still.
        if (monotonicNow() - renewed >= duration) lost.abort(leaseLost(name));
      }
      if (lost.signal.aborted) throw lost.signal.reason;
    },
    neglect: (now) => void (neglected = now),
    lose() {
      lost.abort(leaseLost(name));
      throw lost.signal.reason;
    },
    async end() {
      ended.abort();
      // Where that fails, as where the storage has ended, it runs out by itself.
      await lease.release().catch(() => undefined);
    },
  };
}

function leaseLost(name: string): EventStoreError {
  return new EventStoreError("lease-lost", `the consumer "${name}" is no longer the active one here`, { name });
}
