import { createUuidv7 } from "../../../events/ids.ts";
import { createAbort, refuseAborted, underSignals, type AbortSignalLike } from "../../../platform.ts";
import type { StoreContext } from "../../../storage/store-context.ts";
import { takeLease, type Lease } from "../../../storage/take-lease.ts";
import type { Presence } from "../status/presence.ts";
import { pullForever } from "./pull.ts";
import { MOST_ENTRIES, pushForever } from "./push.ts";
import { isFinal, type LastingSession } from "./session.ts";

/** How long the lease of the client that speaks with the hub lasts unless it is renewed, in milliseconds. */
const LEASE = 30_000;

/**
 * Speaks with the hub while this client holds the lease for that: one client of a database does. Two of them would do no harm, but twice
 * the work. A page that is put away lets another tab go on. Ends when the signal is aborted; rejects with an error that no other attempt would mend.
 */
export async function speak(
  { storage, clock }: Pick<StoreContext, "storage" | "clock">,
  session: LastingSession,
  presence: Presence,
  signal: AbortSignalLike,
): Promise<void> {
  const holder = createUuidv7(clock)();
  while (!signal.aborted) {
    await presence.awake(signal);
    let lease: Lease;
    try {
      lease = await takeLease(storage, { name: "replica", holder, duration: LEASE, signal, clock });
    } catch (error) {
      refuseAborted(signal);
      if (isFinal(error)) throw error;
      // The storage could not answer, for example because the tab that has it open has stopped.
      session.onConnection("waiting", error);
      await session.pulling.pause(signal);
      continue;
    }
    session.pulling.reset();
    // What the hub has answered is known for one term: the pauses after which it is asked again end with the term.
    const own = { ...session, answered: new Map(), delayed: new Set<string>(), most: MOST_ENTRIES };
    const lost = createAbort();
    try {
      await underSignals([signal, presence.signal, lost.signal], async (term) => {
        const keeping = keep(lease, session, term).then(() => lost.abort());
        try {
          await Promise.all([pullForever(own, term), pushForever(own, term)]);
        } catch (error) {
          if (!term.aborted) throw error;
        } finally {
          lost.abort();
          await keeping;
        }
      });
    } finally {
      session.onConnection("waiting");
      await lease.release().catch(() => undefined);
    }
  }
}

/** Renews the lease. Resolves when it is lost, or when the signal is aborted. */
async function keep(lease: Lease, { timing }: LastingSession, signal: AbortSignalLike): Promise<void> {
  while (!signal.aborted) {
    try {
      await timing.wait(LEASE / 3, signal);
      if (!(await lease.renew())) return;
    } catch {
      // The storage could not answer: the next renewal shows whether the lease is still held.
    }
  }
}
