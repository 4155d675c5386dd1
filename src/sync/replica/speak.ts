import { createUuidv7 } from "../../events/ids.ts";
import { createAbort, orAborted, refuseAborted, underSignals, type AbortSignalLike } from "../../platform.ts";
import { takeLease, type Lease } from "../../storage/take-lease.ts";
import type { Timing } from "../timing.ts";
import type { BackOff } from "./back-off.ts";
import { isFinal } from "./errors.ts";
import type { ReplicaContext } from "./replica-context.ts";
import type { Speaker } from "./speaking/speaking.ts";
import type { Presence } from "./status/presence.ts";
import type { ReplicaStatus } from "./status/status.ts";

/** How long the lease of the client that speaks with the hub lasts unless it is renewed, in milliseconds. */
const LEASE = 30_000;

/** What taking turns needs. */
interface SpeakParts extends Pick<ReplicaContext, "context" | "closed"> {
  readonly timing: Timing;
  readonly presence: Presence;
  /** Pauses before the lease is taken again, or the code for speaking loaded again. */
  readonly pausing: BackOff;
  /** Resolves with the code for speaking. */
  readonly load: () => Promise<Speaker>;
  readonly show: (next: Partial<ReplicaStatus>) => void;
}

/**
 * Speaks with the hub while this client holds the lease for that: one client of a database does. Two of them would do no harm, but twice
 * the work. A page that is put away lets another tab go on. Ends when the replica is closed; rejects with an error that no other attempt would mend.
 */
export async function speak({
  context: { storage, clock },
  closed,
  timing,
  presence,
  pausing,
  load,
  show,
}: SpeakParts): Promise<void> {
  const holder = createUuidv7(clock)();
  while (!closed.aborted) {
    await presence.awake(closed);
    let lease: Lease;
    try {
      lease = await takeLease(storage, { name: "replica", holder, duration: LEASE, signal: closed, clock });
    } catch (error) {
      refuseAborted(closed);
      if (isFinal(error)) throw error;
      // The storage could not answer, for example because the tab that has it open has stopped.
      show({ connection: "waiting", error });
      await pausing.pause(closed);
      continue;
    }
    const lost = createAbort();
    try {
      await underSignals([closed, presence.signal, lost.signal], async (term) => {
        const keeping = keep(lease, timing, term).then(() => lost.abort());
        try {
          await during(term);
        } catch (error) {
          if (!term.aborted) throw error;
        } finally {
          lost.abort();
          await keeping;
        }
      });
    } finally {
      show({ connection: "waiting", error: undefined, progress: undefined });
      await lease.release().catch(() => undefined);
    }
  }

  /** Speaks for a term. Where the code cannot be loaded, another tab may have it: the term ends after a pause. */
  async function during(term: AbortSignalLike): Promise<void> {
    let speaker: Speaker;
    try {
      speaker = await orAborted(load, term);
    } catch (error) {
      refuseAborted(term);
      show({ connection: "offline", error });
      return pausing.pause(term);
    }
    pausing.reset();
    await speaker.speak(term);
  }
}

/** Renews the lease. Resolves when it is lost, or when the signal is aborted. */
async function keep(lease: Lease, timing: Timing, signal: AbortSignalLike): Promise<void> {
  while (!signal.aborted) {
    try {
      await timing.wait(LEASE / 3, signal);
      if (!(await lease.renew())) return;
    } catch {
      // The storage could not answer: the next renewal shows whether the lease is still held.
    }
  }
}
