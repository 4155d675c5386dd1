import type { NewResult, OutboxEntry, ReplicaState, StorageContents, StoredRecord } from "../protocol.ts";
import type { FollowedRecord, SyncStorage } from "../sync-protocol.ts";
import {
  covers,
  isOrdered,
  isSameItem,
  planConfirmed,
  planFollow,
  planUnfollow,
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
  events: ConfirmedView,
  insert: (fresh: readonly StoredRecord[]) => void,
  tell: (generation: number) => void,
): MemorySync {
  let items: readonly FollowedRecord[] = [];
  let unfollowed: readonly FollowedRecord[] = [];
  const results = new Map<string, NewResult>();
  let outbox: readonly OutboxEntry[] = [];
  let lineage: string | null = null;
  let generation = 0;
  let last = 0;

  const isStored = (id: string): boolean => events.findById(id) !== undefined;
  const state = (): ReplicaState => ({ lineage, generation, items, unfollowed });

  function changed(): void {
    generation += 1;
    tell(generation);
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
        const plan = planUnfollow(state(), request, outbox);
        if (typeof plan === "number") return { outcome: "pending", entries: plan };
        if (plan !== undefined) {
          ({ items, unfollowed } = plan);
          outbox = outbox.filter((entry) => !plan.discarded.includes(entry));
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
        const left = outbox.filter(({ ids }) => !ids.every(isStored));
        const isNews = plan.fresh.length > 0 || left.length < outbox.length;
        outbox = left;
        if (isNews) changed();
        return { outcome: "applied" };
      },
      enqueue({ entry, generation: at, most, replaces }) {
        if (outbox.some(({ id }) => id === entry.id) || entry.ids.every(isStored)) return { outcome: "known" };
        const other = entry.streams.find((stream) => !items.some((item) => covers(item, stream)));
        if (other !== undefined) return { outcome: "not-followed", stream: other };
        if (at !== undefined && at !== generation) return { outcome: "moved" };
        const replaced = outbox.find(({ id, rejected }) => id === replaces && rejected !== null);
        if (replaces !== undefined && replaced === undefined) return { outcome: "gone" };
        const left = outbox.filter((one) => one !== replaced);
        if (left.length >= most) return { outcome: "full", entries: left.length };
        outbox = [...left, { ...entry, number: ++last, rejected: null }];
        changed();
        return replaced === undefined ? { outcome: "queued", as: { number: last, generation } } : { outcome: "queued" };
      },
      listEntries({ after, limit }) {
        const found = outbox.filter(({ number }) => number > after);
        return { generation, entries: found.slice(0, limit), done: found.length <= limit };
      },
      settle({ id, rejected }) {
        const found = outbox.find((entry) => entry.id === id);
        if (found === undefined || (rejected !== null && found.rejected === rejected)) return;
        outbox = outbox.flatMap((entry) =>
          entry !== found ? [entry] : rejected === null ? [] : [{ ...entry, rejected }],
        );
        changed();
      },
      loadResult: (key) => results.get(key)?.result ?? null,
      saveResult(asked) {
        const { key, id, result, before = 0 } = asked;
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
