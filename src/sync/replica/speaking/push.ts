import { isEventStoreError, type EventStoreError } from "../../../errors.ts";
import { stringify } from "../../../events/json.ts";
import { refuseAborted, type AbortSignalLike } from "../../../platform.ts";
import type { FollowedRecord, OutboxEntry } from "../../../storage/protocol.ts";
import { covers } from "../../../storage/sync-rules.ts";
import { checkAnswer } from "../../check-messages.ts";
import { PROTOCOL, type EntryAnswer, type PushedEntry, type Reason } from "../../messages.ts";
import { isFinal } from "../errors.ts";
import { retryAfterOf, withPatience, WOKEN, type Session } from "./session.ts";
import { settleAs } from "./settle.ts";

/** The most entries, and characters of them, of one push. */
export const MOST_ENTRIES = 100;
const MOST_TEXT = 512 * 1024;

/** Pushes the outbox in its order, until the signal is aborted. Rejects with an error that no other attempt would mend. */
export async function pushForever(session: Session, signal: AbortSignalLike): Promise<never> {
  const { outbox, pushing } = session;
  for (;;) {
    refuseAborted(signal);
    const seen = outbox.changes();
    let done = true;
    try {
      done = await pushOnce(session, signal);
    } catch (error) {
      refuseAborted(signal);
      if (isFinal(error)) throw error;
      if (error !== WOKEN) await pushing.pause(signal, retryAfterOf(error));
      continue;
    }
    if (done && outbox.changes() === seen) await outbox.news.wait(signal);
  }
}

/** Pushes what may be pushed now. Resolves with whether there was nothing. */
async function pushOnce(session: Session, signal: AbortSignalLike): Promise<boolean> {
  const { sync, outbox, transport, pushing, delayed } = session;
  // As after most events that arrive.
  if (!(await outbox.view()).count) return true;
  const { lineage, items, generation } = await sync.loadReplica();
  // A hub is known from the first pull on: nothing is sent to another one.
  if (lineage === null) return true;
  // Not older than the places: what has arrived up to there must not be pushed again.
  let view = await outbox.view();
  if (view.generation < generation) {
    outbox.changed();
    view = await outbox.view();
  }
  const batch = sendable(session, view.reading.entries, items);
  if (batch.length === 0) return true;
  const message = {
    protocol: PROTOCOL,
    lineage,
    places: items.map(({ position, mark }) => ({ position, mark })),
    entries: batch.map(({ body }) => JSON.parse(body) as PushedEntry),
    ...(session.schemas && { schemas: session.schemas }),
    ages: batch.map(({ timestamp }) => Math.max(0, Math.round(session.clock() - timestamp))),
  };
  let answers: readonly EntryAnswer[];
  try {
    ({ answers } = await withPatience(session, signal, async (cut) =>
      checkAnswer(await transport.push(message, cut), batch.length),
    ));
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    if (batch.length > 1) session.most = Math.ceil(batch.length / 2);
    else await settle(session, batch[0] as OutboxEntry, tooLarge(error), items);
    return false;
  }
  session.most = MOST_ENTRIES;
  let waits: Reason | undefined;
  for (const [index, entry] of batch.entries()) {
    const answer = answers[index] as EntryAnswer;
    if (answer.outcome === "refused" && session.conflicts.take(entry, answer.reason)) session.pulling.hurry();
    else if (answer.outcome !== "later") await settle(session, entry, answer, items);
    else {
      // Those that are blocked wait for another, which says why.
      if (waits === undefined || waits.code === "blocked") waits = answer.reason;
      delayed.add(entry.id);
    }
  }
  refuseAborted(signal);
  if (waits !== undefined) retryLater(session, signal);
  else pushing.reset();
  if (waits !== undefined || delayed.size === 0) session.onDelayed(waits);
  return false;
}

type TooLarge = EventStoreError<"entry-rejected">;

/** Whether a hub, or a proxy before it, takes no message of this size. */
function isTooLarge(error: unknown): error is TooLarge {
  return isEventStoreError(error, "entry-rejected") && error.details.reason === "too-large";
}

/** An entry that is too large by itself would be too large for ever, and must not hold up the others. */
function tooLarge({ message }: TooLarge): Exclude<EntryAnswer, { outcome: "later" }> {
  return { outcome: "refused", reason: { code: "too-large", message } };
}

/** Takes back the delay after a pause, which lasts longer each time. */
function retryLater({ pushing, delayed, outbox }: Session, signal: AbortSignalLike): void {
  void pushing.pause(signal).then(
    () => {
      delayed.clear();
      outbox.changed();
    },
    () => undefined,
  );
}

/**
 * An entry leaves the outbox when its events arrive by a pull. Otherwise only if they will not arrive: because it wrote none, was
 * refused, or is confirmed at a position that the replica has passed.
 */
async function settle(
  session: Session,
  { id, streams }: OutboxEntry,
  answer: Exclude<EntryAnswer, { outcome: "later" }>,
  items: readonly FollowedRecord[],
): Promise<void> {
  const { answered, pulling } = session;
  if (answer.outcome === "confirmed" && !isPassed(answer.position, streams, items)) {
    answered.set(id, { position: answer.position, streams, beats: 0 });
    return;
  }
  answered.delete(id);
  await settleAs(session, { id, rejected: answer.outcome === "refused" ? stringify(answer.reason) : null });
  // What made the hub refuse it may not have arrived yet.
  if (answer.outcome === "refused") pulling.hurry();
}

/** Whether every item that covers these streams has passed a position of the hub. */
function isPassed(position: number, streams: readonly string[], items: readonly FollowedRecord[]): boolean {
  return items
    .filter((item) => streams.some((stream) => covers(item, stream)))
    .every((item) => item.position >= position);
}

/** The entries to push next: in their order within each stream, without those that have to wait, and what depends on them. */
function sendable(
  { answered, delayed, conflicts, most }: Session,
  entries: readonly OutboxEntry[],
  items: readonly FollowedRecord[],
): readonly OutboxEntry[] {
  const blocked = new Set<string>();
  const batch: OutboxEntry[] = [];
  let text = 0;
  for (const entry of entries) {
    const { id, streams, body, rejected } = entry;
    const confirmed = answered.get(id)?.position;
    if (rejected !== null || conflicts.has(id) || (confirmed !== undefined && !isPassed(confirmed, streams, items)))
      continue;
    if (delayed.has(id) || streams.some((stream) => blocked.has(stream))) {
      for (const stream of streams) blocked.add(stream);
      continue;
    }
    text += body.length;
    if (batch.length === most || (batch.length > 0 && text > MOST_TEXT)) break;
    batch.push(entry);
  }
  return batch;
}
