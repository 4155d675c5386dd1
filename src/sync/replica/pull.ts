import { EventStoreError } from "../../errors.ts";
import { createAbort, onAbort, refuseAborted, type AbortSignalLike } from "../../platform.ts";
import type { ConfirmedOutcome, FollowedRecord } from "../../storage/protocol.ts";
import { checkLine } from "../check-messages.ts";
import { hubChanged, PROTOCOL } from "../messages.ts";
import { isSameItem } from "../../storage/sync-rules.ts";
import { isFinal, withPatience, WOKEN, type Session } from "./session.ts";

/** Pulls confirmed events and applies them, until the signal is aborted. Rejects with an error that no other attempt would mend. */
export async function pullForever(session: Session, signal: AbortSignalLike): Promise<never> {
  for (;;) {
    refuseAborted(signal);
    const attempt = createAbort();
    const ignore = onAbort(signal, () => attempt.abort(signal.reason));
    let again = false;
    try {
      const { lineage, items } = await session.sync.loadReplica();
      session.onConnection(items.length === 0 ? "offline" : "connecting");
      again = await Promise.race([
        ...(items.length === 0
          ? []
          : [withPatience(session, attempt.signal, (cut, sign) => pullOnce(session, lineage, items, cut, sign))]),
        hasOtherItems(session, items, attempt.signal),
      ]);
      // The hub, or a proxy, has ended the answer in an orderly way.
      if (!again) session.onConnection("offline");
    } catch (error) {
      refuseAborted(signal);
      again = error === WOKEN;
      if (!again) session.onConnection("offline", error);
      if (isFinal(error)) throw error;
    } finally {
      ignore();
      attempt.abort();
    }
    if (!again) await session.pulling.pause(signal);
  }
}

/** Resolves with true once something else is followed, by whatever client of the database. */
async function hasOtherItems(
  { sync, outbox }: Session,
  asked: readonly FollowedRecord[],
  signal: AbortSignalLike,
): Promise<true> {
  for (;;) {
    const seen = outbox.changes;
    const { items } = await sync.loadReplica();
    if (items.length !== asked.length || !items.every((item) => asked.some((one) => isSameItem(one, item))))
      return true;
    if (outbox.changes === seen) await outbox.news.wait(signal);
    refuseAborted(signal);
  }
}

/** Applies the lines of one pull, each in one transaction with its place. Resolves with whether to pull again at once. */
async function pullOnce(
  session: Session,
  lineage: string | null,
  asked: readonly FollowedRecord[],
  signal: AbortSignalLike,
  sign: () => void,
): Promise<boolean> {
  const { sync, transport, outbox } = session;
  let items = asked;
  let reached: number | undefined;
  for await (const received of transport.pull({ protocol: PROTOCOL, lineage, items: asked, live: true }, signal)) {
    refuseAborted(signal);
    sign();
    const { line, events } = checkLine(received);
    // What the hub withholds stays at its place, so that nothing is missing once it is given again.
    const given = items.filter(({ kind, name }) => kind === "prefix" || !line.gone.includes(name));
    reached ??= Math.min(...given.map(({ position }) => position));
    // A line was lost on the way: the pull begins again where the replica stands.
    if (line.after > reached) return false;
    const outcome = await sync.applyConfirmed({ lineage: line.lineage, events, items: given, place: line.place });
    if (outcome.outcome === "behind") return false;
    if (outcome.outcome === "gap") {
      await restart(session, given, outcome);
      return true;
    }
    refuse(outcome);
    reached = Math.max(reached, line.place.position);
    items = items.map((item) => (given.includes(item) ? advance(item, line.place) : item));
    session.pulling.reset();
    session.onLine({ position: reached, head: line.head, caughtUp: line.caughtUp, gone: line.gone });
    if (events.length === 0) doubt(session);
    outbox.changed();
  }
  return false;
}

/**
 * Forgets answers whose events should have arrived by now, so that these entries are pushed again: the hub may have been restored from a
 * copy that does not have them, before this replica had them.
 */
function doubt({ answered }: Session): void {
  for (const [id, answer] of answered) {
    answer.beats += 1;
    if (answer.beats > 1) answered.delete(id);
  }
}

/** Fetches a stream from its beginning, because the hub has left out events of it, as when the client might not follow it for a time. */
async function restart(
  { sync }: Session,
  items: readonly FollowedRecord[],
  { stream, version }: Extract<ConfirmedOutcome, { outcome: "gap" }>,
): Promise<void> {
  const whole = items.some(({ kind, name, position }) => kind === "stream" && name === stream && position === 0);
  if (whole) throw diverged(stream, version + 1, "");
  await sync.follow([{ kind: "stream", name: stream, restart: true }]);
}

function refuse(outcome: ConfirmedOutcome): void {
  if (outcome.outcome === "other-hub") throw hubChanged("the hub has another lineage");
  if (outcome.outcome === "diverged") throw diverged(outcome.stream, outcome.version, outcome.id);
}

function advance(item: FollowedRecord, place: Pick<FollowedRecord, "position" | "mark">): FollowedRecord {
  return item.position < place.position ? { ...item, ...place } : item;
}

function diverged(stream: string, version: number, eventId: string): EventStoreError {
  const message = `stream "${stream}" has another history here from version ${version} on: nothing was written`;
  return new EventStoreError("replica-diverged", message, { stream, version, eventId });
}
