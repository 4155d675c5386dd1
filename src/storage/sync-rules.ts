import type { AppendEntry, AppendOutcome, AppendRequest, EventRecord, StoredRecord } from "./protocol.ts";
import type {
  ConfirmedBatch,
  ConfirmedOutcome,
  Enqueue,
  EnqueueOutcome,
  FollowedItem,
  FollowedRecord,
  FollowRequest,
  OutboxEntry,
  ReplicaState,
  UnfollowRequest,
} from "./sync-protocol.ts";

/** The code of the failure of an append under a key that a result is kept under. No user sees it. */
export const RESULT_KEPT = "result-kept";

/** A storage's view of what it has as a replica or a hub. A storage without these has no followed streams and no results. */
export interface SyncView {
  /** Whether a hub orders this stream, or has ordered it. */
  isFollowed?(stream: string): boolean;
  /** Whether a result is kept under a command's key. */
  hasResult?(key: string): boolean;
}

/** Tells whether an item covers a stream. */
export function covers({ kind, name }: FollowedItem, stream: string): boolean {
  return kind === "stream" ? stream === name : stream.startsWith(name);
}

/** Tells whether two items are the same. */
export function isSameItem(one: FollowedItem, other: FollowedItem): boolean {
  return one.kind === other.kind && one.name === other.name;
}

/** Tells whether an event of this stream is, or may be, the hub's. */
export function isOrdered({ items, unfollowed }: Pick<ReplicaState, "items" | "unfollowed">, stream: string): boolean {
  return coversAny(items, stream) || coversAny(unfollowed, stream);
}

function coversAny(items: readonly FollowedItem[], stream: string): boolean {
  // No closure, because every append asks.
  for (let index = 0; index < items.length; index++) if (covers(items[index] as FollowedItem, stream)) return true;
  return false;
}

/** What a store follows, and what it has followed before. */
type Followed = Pick<ReplicaState, "items" | "unfollowed">;

/** Plans to follow items; undefined if nothing changes. */
export function planFollow({ items, unfollowed }: Followed, wanted: readonly FollowRequest[]): Followed | undefined {
  const added = wanted.filter((item) => item.restart === true || !items.some((one) => isSameItem(one, item)));
  if (added.length === 0) return undefined;
  const isAdded = (one: FollowedItem): boolean => added.some((item) => isSameItem(one, item));
  const records = added.map(({ kind, name, restart }) => {
    const before = unfollowed.find((one) => isSameItem(one, { kind, name }));
    return restart !== true && before !== undefined ? before : { kind, name, position: 0, mark: null };
  });
  return {
    items: [...items.filter((one) => !isAdded(one)), ...unique(records)],
    unfollowed: unfollowed.filter((one) => !isAdded(one)),
  };
}

/** What unfollowing changes. */
interface UnfollowPlan extends Followed {
  /** The entries of the outbox to remove. */
  readonly discarded: readonly OutboxEntry[];
}

/** Plans to follow items no longer. Returns the number of pending entries that are in the way, or undefined if nothing changes. */
export function planUnfollow(
  { items, unfollowed }: Followed,
  request: UnfollowRequest,
  outbox: readonly OutboxEntry[],
): UnfollowPlan | number | undefined {
  const isLeft = (item: FollowedItem): boolean =>
    request.items.some(
      (one) => isSameItem(one, item) || (one.kind === "prefix" && item.kind === "stream" && covers(one, item.name)),
    );
  const left = items.filter(isLeft);
  if (left.length === 0) return undefined;
  const kept = items.filter((item) => !isLeft(item));
  const isLost = (stream: string): boolean => !kept.some((item) => covers(item, stream));
  const concerned = outbox.filter(({ streams }) => streams.some(isLost));
  const pending = concerned.filter(({ rejected }) => rejected === null).length;
  if (pending > 0 && !request.discard) return pending;
  return { items: kept, unfollowed: [...unfollowed, ...left], discarded: request.discard ? concerned : [] };
}

function unique(records: readonly FollowedRecord[]): readonly FollowedRecord[] {
  return records.filter((one, index) => records.findIndex((other) => isSameItem(one, other)) === index);
}

/** Refuses an append to a stream that a hub orders, and an append of a command whose result is kept. */
export function refusalOf(
  { entries, unlessKept }: AppendRequest,
  view: SyncView,
): Extract<AppendOutcome, { ok: false }> | undefined {
  for (let index = 0; index < entries.length; index++) {
    const { stream } = entries[index] as AppendEntry;
    if (view.isFollowed?.(stream) !== true) continue;
    const message = `stream "${stream}" is or was followed from a hub, which orders its events: append through a replica`;
    return { ok: false, failure: { code: "stream-followed", message, details: { stream } } };
  }
  if (unlessKept === undefined || view.hasResult?.(unlessKept) !== true) return undefined;
  const message = "a result is kept under the key of this command";
  return { ok: false, failure: { code: RESULT_KEPT, message, details: {} } };
}

/** Queues entries one after another, up to the first that is not queued. */
export function queueInOrder(
  requests: readonly Enqueue[],
  queue: (request: Enqueue) => EnqueueOutcome,
): readonly EnqueueOutcome[] {
  const outcomes: EnqueueOutcome[] = [];
  for (const request of requests) {
    const outcome = queue(request);
    outcomes.push(outcome);
    if (outcome.outcome !== "queued") break;
  }
  return outcomes;
}

/** What a storage has, as {@link planConfirmed} needs it. */
export interface ConfirmedView {
  versionOf(stream: string): number;
  findById(id: string): StoredRecord | undefined;
}

/** The events of a batch that are not stored yet, and the places of its items. */
export interface ConfirmedPlan {
  readonly fresh: readonly StoredRecord[];
  readonly items: readonly FollowedRecord[];
}

/** Plans a batch of confirmed events without writing. Events that were applied before are skipped; every other one must follow. */
export function planConfirmed(
  batch: ConfirmedBatch,
  state: ReplicaState,
  view: ConfirmedView,
): ConfirmedPlan | Exclude<ConfirmedOutcome, { outcome: "applied" }> {
  if (state.lineage !== null && state.lineage !== batch.lineage)
    return { outcome: "other-hub", lineage: state.lineage };
  const stands = (item: FollowedItem): number =>
    state.items.find(({ kind, name }) => kind === item.kind && name === item.name)?.position ?? -1;
  if (batch.items.some((item) => stands(item) < item.position)) return { outcome: "behind" };
  const versions = new Map<string, number>();
  const fresh: StoredRecord[] = [];
  for (const event of batch.events) {
    const { stream, version, id } = event;
    const newest = versions.get(stream) ?? view.versionOf(stream);
    if (version > newest + 1) return { outcome: "gap", stream, version: newest };
    const stored = view.findById(id);
    if (version === newest + 1) {
      if (stored !== undefined) return { outcome: "diverged", stream, version, id };
      versions.set(stream, version);
      fresh.push(event);
    } else if (stored === undefined ? !isFresh(fresh, event) : stored.stream !== stream || stored.version !== version) {
      return { outcome: "diverged", stream, version, id };
    }
  }
  const items = batch.items
    .filter((item) => stands(item) < batch.place.position)
    .map(({ kind, name }) => ({ kind, name, position: batch.place.position, mark: batch.place.mark }));
  return { fresh, items };
}

/** Whether the batch has the event already: a message may hold it twice. */
function isFresh(fresh: readonly StoredRecord[], { stream, version, id }: StoredRecord): boolean {
  return fresh.some((other) => other.id === id && other.stream === stream && other.version === version);
}

/**
 * Returns the time by which a confirmed event counts in the order of positions: its own, or that of the newest event if the event was
 * recorded at the hub before.
 */
export function orderTime(event: Pick<StoredRecord, "timestamp">, newest: number): number {
  return Math.max(event.timestamp, newest);
}

/** The fields of a confirmed event that are stored like those of an appended one. */
export function plainRecord({ id, type, schemaVersion, data, metadata }: StoredRecord): EventRecord {
  return { id, type, schemaVersion, data, metadata };
}
