import type { NewResult, OutboxEntry, ReplicaState, StorageContents, StoredRecord } from "../protocol.ts";
import { createEntryIndex } from "../entry-index.ts";
import type { Enqueue, EnqueueOutcome, FollowedRecord, GenerationStep, SyncStorage } from "../sync-protocol.ts";
import {
  covers,
  isOrdered,
  isSameItem,
  planConfirmed,
  planFollow,
  planUnfollow,
  queueInOrder,
  type ConfirmedView,
  type SyncView,
} from "../sync-rules.ts";
import type { Synchronous } from "../synchronous.ts";

/** What the memory storage keeps for replicas and hubs. */
export interface MemorySync {
  readonly verbs: Synchronous<SyncStorage>;
  readonly view: Required<SyncView>;
  readonly listResults: Synchronous<StorageContents>["listResults"];
}

/** `insert` stores confirmed events; `tell` reports a change of what a replica shows. */
export function createMemorySync(
  events: ConfirmedView & { head(): number },
  insert: (fresh: readonly StoredRecord[]) => void,
  tell: (generation: number) => void,
): MemorySync {
  let items: readonly FollowedRecord[] = [];
  let unfollowed: readonly FollowedRecord[] = [];
  const results = new Map<string, NewResult>();
  /** By id, in the order of their numbers. */
  const outbox = new Map<string, OutboxEntry>();
  const waiting = createEntryIndex(() => outbox.values());
  let lineage: string | null = null;
  let generation = 0;
  let last = 0;

  const isStored = (id: string): boolean => events.findById(id) !== undefined;
  const state = (): ReplicaState => ({ lineage, generation, items, unfollowed });

  function changed(): GenerationStep {
    generation += 1;
    tell(generation);
    return { from: generation - 1, to: generation };
  }

  function queue({ entry, generation: at, most, replaces }: Enqueue): EnqueueOutcome {
    const stored = entry.ids.filter(isStored).length;
    if (outbox.has(entry.id) || stored === entry.ids.length) return { outcome: "known" };
    const other = entry.streams.find((stream) => !items.some((item) => covers(item, stream)));
    if (other !== undefined) return { outcome: "not-followed", stream: other };
    if (at !== undefined && at !== generation) return { outcome: "moved" };
    const isThere = replaces !== undefined && (outbox.get(replaces)?.rejected ?? null) !== null;
    if (replaces !== undefined && !isThere) return { outcome: "gone" };
    const entries = outbox.size - (replaces === undefined ? 0 : 1);
    if (entries >= most) return { outcome: "full", entries };
    if (replaces !== undefined && outbox.delete(replaces)) waiting.left();
    outbox.set(entry.id, { ...entry, number: ++last, rejected: null });
    waiting.add(entry);
    generation += 1;
    if (stored > 0) return { outcome: "queued" };
    return {
      outcome: "queued",
      [replaces === undefined ? "as" : "instead"]: { number: last, generation, head: events.head() },
    };
  }

  return {
    view: {
      isFollowed: (stream) => isOrdered({ items, unfollowed }, stream),
      hasResult: (key) => results.has(key),
    },
    listResults({ after, limit }) {
      const start = Number(after);
      const done = start + limit >= results.size;
      return { results: [...results.values()].slice(start, start + limit), cursor: String(start + limit), done };
    },
    verbs: {
      loadReplica: state,
      follow(wanted) {
        const plan = planFollow(state(), wanted);
        if (plan !== undefined) {
          ({ items, unfollowed } = plan);
          changed();
        }
        return state();
      },
      unfollow(request) {
        const plan = planUnfollow(state(), request, [...outbox.values()]);
        if (typeof plan === "number") return { outcome: "pending", entries: plan };
        if (plan !== undefined) {
          ({ items, unfollowed } = plan);
          for (const { id } of plan.discarded) outbox.delete(id);
          waiting.forget();
          changed();
        }
        return { outcome: "unfollowed" };
      },
      applyConfirmed(batch) {
        const plan = planConfirmed(batch, state(), events);
        if ("outcome" in plan) return plan;
        lineage = batch.lineage;
        insert(plan.fresh);
        items = items.map((item) => plan.items.find((moved) => isSameItem(moved, item)) ?? item);
        for (const id of waiting.take(plan.fresh)) if (outbox.get(id)?.ids.every(isStored) === true) outbox.delete(id);
        return { outcome: "applied", step: plan.fresh.length > 0 ? changed() : { from: generation, to: generation } };
      },
      enqueue(requests) {
        const outcomes = queueInOrder(requests, queue);
        if (outcomes[0]?.outcome === "queued") tell(generation);
        return outcomes;
      },
      listEntries({ after, limit }) {
        const found = [...outbox.values()].filter(({ number }) => number > after);
        return { generation, entries: found.slice(0, limit), done: found.length <= limit };
      },
      settle({ id, rejected }) {
        const found = outbox.get(id);
        if (found === undefined || (rejected !== null && found.rejected === rejected))
          return { step: { from: generation, to: generation } };
        if (rejected !== null) outbox.set(id, { ...found, rejected });
        else {
          outbox.delete(id);
          waiting.left();
        }
        return { step: changed() };
      },
      loadResult: (key) => results.get(key)?.result ?? null,
      saveResult(asked) {
        const { key, id, result, before } = asked;
        if (before !== undefined)
          for (const [old, { timestamp }] of results) if (timestamp < before) results.delete(old);
        const kept = results.get(key);
        if (kept !== undefined) return { kept: kept.result };
        if (isStored(id)) return { stored: true };
        results.set(key, asked);
        return { kept: result };
      },
    },
  };
}
