import type { NewResult, OutboxEntry, ReplicaState, StorageContents, StoredRecord } from "../protocol.ts";
import type { FollowedItem, FollowedRecord, SyncStorage } from "../sync-protocol.ts";
import { covers, planConfirmed, type ConfirmedView, type SyncView } from "../sync-rules.ts";
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
  const items = new Map<string, FollowedRecord>();
  const results = new Map<string, NewResult>();
  let outbox: readonly OutboxEntry[] = [];
  let lineage: string | null = null;
  let generation = 0;
  let last = 0;

  const isStored = (id: string): boolean => events.findById(id) !== undefined;
  const keyOf = ({ kind, name }: FollowedItem): string => `${kind} ${name}`;
  const state = (): ReplicaState => ({ lineage, generation, items: [...items.values()] });

  function changed(): void {
    generation += 1;
    tell(generation);
  }

  return {
    view: {
      isFollowed: (stream) => [...items.values()].some((item) => covers(item, stream)),
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
        const added = wanted.filter((item) => item.restart === true || !items.has(keyOf(item)));
        for (const { kind, name } of added) items.set(keyOf({ kind, name }), { kind, name, position: 0, mark: null });
        if (added.length > 0) changed();
        return state();
      },
      applyConfirmed(batch) {
        const plan = planConfirmed(batch, state(), events);
        if ("outcome" in plan) return plan;
        lineage = batch.lineage;
        insert(plan.fresh);
        for (const item of plan.items) items.set(keyOf(item), item);
        const left = outbox.filter(({ ids }) => !ids.every(isStored));
        const isNews = plan.fresh.length > 0 || left.length < outbox.length;
        outbox = left;
        if (isNews) changed();
        return { outcome: "applied" };
      },
      enqueue({ entry, generation: at, most, replaces }) {
        if (outbox.some(({ id }) => id === entry.id) || entry.ids.every(isStored)) return { outcome: "known" };
        if (at !== undefined && at !== generation) return { outcome: "moved" };
        const replaced = outbox.find(({ id, rejected }) => id === replaces && rejected !== null);
        if (replaces !== undefined && replaced === undefined) return { outcome: "gone" };
        const left = outbox.filter((other) => other !== replaced);
        if (left.length >= most) return { outcome: "full", entries: left.length };
        outbox = [...left, { ...entry, number: ++last, rejected: null }];
        changed();
        return { outcome: "queued" };
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
        const { key, id, result } = asked;
        const kept = results.get(key);
        if (kept !== undefined) return { kept: kept.result };
        if (isStored(id)) return { stored: true };
        results.set(key, asked);
        return { kept: result };
      },
    },
  };
}
