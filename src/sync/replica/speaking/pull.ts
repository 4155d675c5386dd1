import { EventStoreError } from "../../../errors.ts";
import { createAbort, onAbort, refuseAborted, type AbortSignalLike } from "../../../platform.ts";
import type { ConfirmedOutcome, FollowedRecord } from "../../../storage/protocol.ts";
import { checkLine } from "../../check-messages.ts";
import { hubChanged, PROTOCOL, type PullLine } from "../../messages.ts";
import { covers, isSameItem } from "../../../storage/sync-rules.ts";
import { refuseNewer } from "../../schemas.ts";
import { lanesOf, type Lane } from "./lanes.ts";
import { isFinal } from "../errors.ts";
import { afterStep } from "../outbox-view.ts";
import { retryAfterOf, withPatience, WOKEN, type Session } from "./session.ts";

/** What is known of the hub from one pull to the next. */
interface Knowledge {
  /** The hub's head; 0 if it is not known. */
  head: number;
  /** The streams that the hub does not give. */
  gone: ReadonlySet<string>;
}

/** Pulls confirmed events and applies them, until the signal is aborted. Rejects with an error that no other attempt would mend. */
export async function pullForever(session: Session, signal: AbortSignalLike): Promise<never> {
  const known: Knowledge = { head: 0, gone: new Set() };
  for (;;) {
    refuseAborted(signal);
    const attempt = createAbort();
    const ignore = onAbort(signal, () => attempt.abort(signal.reason));
    let again = false;
    let least = 0;
    try {
      const { lineage, items } = await session.sync.loadReplica();
      refuseAborted(signal);
      session.onConnection(items.length === 0 ? "offline" : "connecting");
      again = await Promise.race([
        ...pulls(session, lineage, items, known, attempt.signal),
        hasOtherItems(session, items, attempt.signal),
      ]);
      refuseAborted(signal);
      // The hub, or a proxy, has ended the answer in an orderly way.
      if (!again) session.onConnection("offline");
    } catch (error) {
      refuseAborted(signal);
      again = error === WOKEN;
      least = retryAfterOf(error);
      if (!again) session.onConnection("offline", error);
      if (isFinal(error)) throw error;
    } finally {
      ignore();
      attempt.abort();
    }
    if (!again) await session.pulling.pause(signal, least);
  }
}

/** Pulls items side by side: those with a long history before them hold up no others. The first pull that ends, ends them all. */
function pulls(
  session: Session,
  lineage: string | null,
  items: readonly FollowedRecord[],
  known: Knowledge,
  signal: AbortSignalLike,
): readonly Promise<boolean>[] {
  const lanes = lanesOf(items, { ...known, near: session.near });
  const gone = new Map<Lane, readonly string[]>();
  const reached = new Map(lanes.map((lane) => [lane, Math.min(...lane.items.map(({ position }) => position))]));
  const isNew = known.head === 0;
  /** Resolves with whether the rest of the history is better fetched by a pull of its own. */
  const heard = (lane: Lane, line: PullLine): boolean => {
    // A line may be stored only after its pull was given up: it tells nothing of the connection then.
    refuseAborted(signal);
    gone.set(lane, line.gone);
    known.gone = new Set([...gone.values()].flat());
    known.head = Math.max(known.head, line.head);
    reached.set(lane, line.place.position);
    const caughtUp = line.caughtUp && lane.live && lanes.length === 1;
    session.onLine({ position: Math.min(...reached.values()), head: known.head, caughtUp, gone: [...known.gone] });
    return isNew && lane.live && line.head - line.place.position > session.near;
  };
  return lanes.map((lane) =>
    withPatience(session, signal, (cut, sign) =>
      pullOnce(session, { lineage, lane }, cut, (line) => {
        sign();
        return heard(lane, line);
      }),
    ),
  );
}

/** Resolves with true once something else is followed, by whatever client of the database. */
async function hasOtherItems(
  { outbox }: Session,
  asked: readonly FollowedRecord[],
  signal: AbortSignalLike,
): Promise<true> {
  for (;;) {
    const seen = outbox.changes();
    const { items } = await outbox.view();
    if (items.length !== asked.length || !items.every((item) => asked.some((one) => isSameItem(one, item))))
      return true;
    if (outbox.changes() === seen) await outbox.news.wait(signal);
    refuseAborted(signal);
  }
}

/** What to pull. */
interface Asked {
  readonly lineage: string | null;
  readonly lane: Lane;
}

/** Applies the lines of one pull, each in one transaction with its place. Resolves with whether to pull again at once. */
async function pullOnce(
  session: Session,
  { lineage, lane }: Asked,
  signal: AbortSignalLike,
  heard: (line: PullLine) => boolean,
): Promise<boolean> {
  const { sync, transport, outbox, schemas } = session;
  const { live } = lane;
  let { items } = lane;
  let reached: number | undefined;
  let caughtUp = false;
  const asked = { protocol: PROTOCOL, lineage, items, live, ...(schemas && { schemas }) };
  for await (const received of transport.pull(asked, signal)) {
    refuseAborted(signal);
    const { line, events } = checkLine(received);
    refuseNewer(events, schemas);
    // What the hub withholds stays at its place, so that nothing is missing once it is given again.
    const given = items.filter(({ kind, name }) => kind === "prefix" || !line.gone.includes(name));
    reached ??= Math.min(...given.map(({ position }) => position));
    // A line was lost on the way: the pull begins again where the replica stands.
    if (line.after > reached) return false;
    const ids = new Set(events.map(({ id }) => id));
    const outcome = await outbox.change(
      () => sync.applyConfirmed({ lineage: line.lineage, events, items: given, place: line.place }),
      afterStep((entry) => {
        if (!entry.ids.some((id) => ids.has(id))) return entry;
        // Whether the others were stored before is not known here.
        return entry.ids.every((id) => ids.has(id)) ? undefined : null;
      }),
    );
    if (outcome.outcome === "behind") return false;
    if (outcome.outcome === "gap") {
      await restart(session, given, outcome);
      return true;
    }
    refuse(outcome);
    const { place } = line;
    reached = Math.max(reached, place.position);
    items = items.map((item) =>
      given.includes(item) && item.position < place.position ? { ...item, ...place } : item,
    );
    session.pulling.reset();
    caughtUp = line.caughtUp;
    const isFar = heard(line);
    if (live && caughtUp && events.length === 0) doubt(session, items);
    if (isFar) return true;
  }
  // History is fetched: these items go on with the others.
  return !live && caughtUp;
}

/**
 * Forgets answers whose events should have arrived by now, so that these entries are pushed again: the hub may have been restored from a
 * copy that does not have them, before this replica had them.
 */
function doubt({ answered }: Session, items: readonly FollowedRecord[]): void {
  for (const [id, answer] of answered) {
    if (!answer.streams.every((stream) => items.some((item) => covers(item, stream)))) continue;
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

function diverged(stream: string, version: number, eventId: string): EventStoreError {
  const message = `stream "${stream}" has another history here from version ${version} on: nothing was written`;
  return new EventStoreError("replica-diverged", message, { stream, version, eventId });
}
