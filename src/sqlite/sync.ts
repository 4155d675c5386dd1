import { stringify } from "../events/json.ts";
import { createEntryIndex } from "../storage/entry-index.ts";
import type { JsonText, OutboxEntry, StorageNews, StoredRecord } from "../storage/protocol.ts";
import type {
  FollowedRecord,
  GenerationStep,
  ReplicaState,
  SettleOutcome,
  Settlement,
  SyncStorage,
  UnfollowOutcome,
  UnfollowRequest,
} from "../storage/sync-protocol.ts";
import { isOrdered, planConfirmed, planFollow, planUnfollow, type SyncView } from "../storage/sync-rules.ts";
import type { Synchronous } from "../storage/synchronous.ts";
import type { Appender } from "./appender.ts";
import type { SqliteDriver } from "./driver.ts";
import { createEntryQueue } from "./entry-queue.ts";
import { ENTRY, toEntry, toIds } from "./outbox-rows.ts";
import { prepareForId } from "./id-statements.ts";

/** What is known of a change once it is committed. */
type KnownNews = Pick<StorageNews, "head" | "replica">;

/** What a SQLite storage keeps for replicas and hubs, with one transaction for each call that writes. */
export interface SyncTables {
  /** Asked inside the transactions of appends. */
  readonly view: SyncChecks;
  /** The generation of what a replica shows. */
  generation(): number;
  /** Makes the verbs. `tell` reports a change of what a replica shows, after its commit, and what is known of it. */
  verbs(appender: Appender, tell: (known?: KnownNews) => void): Synchronous<SyncStorage>;
}

/** The rules of replicas and hubs for appends. */
export interface SyncChecks extends Required<SyncView> {
  /** Reads what is followed, and the counts of the outbox, again, because another process may have changed them. */
  forget(): void;
}

export function createSyncTables(driver: SqliteDriver): SyncTables {
  const selectMeta = driver.prepare("SELECT value FROM meta WHERE key = ?");
  const upsertMeta = driver.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)");
  const selectItems = driver.prepare("SELECT kind, name, position, mark FROM followed ORDER BY kind, name");
  const insertItem = driver.prepare("INSERT INTO followed (kind, name, position, mark) VALUES (?, ?, ?, ?)");
  const deleteItems = driver.prepare("DELETE FROM followed");
  const updateItem = driver.prepare("UPDATE followed SET position = ?, mark = ? WHERE kind = ? AND name = ?");
  const selectId = prepareForId(driver, (id) => `SELECT 1 FROM events WHERE id = ${id}`);
  const selectEntries = driver.prepare(`SELECT ${ENTRY} FROM outbox WHERE number > ? ORDER BY number LIMIT ? + 0`);
  const selectEntry = driver.prepare(`SELECT ${ENTRY} FROM outbox WHERE id = ?`);
  const selectAllIds = driver.prepare("SELECT id, ids FROM outbox");
  const selectIds = driver.prepare("SELECT ids FROM outbox WHERE id = ?");
  const rejectEntry = driver.prepare("UPDATE outbox SET rejected = ? WHERE id = ?");
  const deleteEntry = driver.prepare("DELETE FROM outbox WHERE id = ?");
  const selectResult = driver.prepare("SELECT result FROM results WHERE key = ?");
  const insertResult = driver.prepare("INSERT INTO results (key, result, timestamp) VALUES (?, ?, ?)");
  const deleteResults = driver.prepare("DELETE FROM results WHERE timestamp < ?");
  /** Read once, because every append asks for it. */
  let followed: Pick<ReplicaState, "items" | "unfollowed"> | undefined;

  const count = (key: string): number => (selectMeta.get(key)?.[0] as number | undefined) ?? 0;
  const isStored = (id: string): boolean => selectId(id).get(id) !== undefined;
  const findEntry = (id: string): OutboxEntry | undefined => {
    const row = selectEntry.get(id);
    return row && toEntry(row);
  };
  const waiting = createEntryIndex(() =>
    selectAllIds.all().map(([id, ids]) => ({ id: id as string, ids: toIds(ids) })),
  );
  const queued = createEntryQueue(driver, {
    count,
    onQueued: waiting.add,
    isStored,
    items: () => (followed ??= readFollowed()).items,
    findEntry,
    deleteEntry: removeEntry,
  });
  const allEntries = (): OutboxEntry[] => selectEntries.all(0, Number.MAX_SAFE_INTEGER).map(toEntry);
  const loadResult = (key: string): JsonText | null => (selectResult.get(key)?.[0] as string | undefined) ?? null;

  function readState(): ReplicaState {
    return {
      lineage: (selectMeta.get("hub")?.[0] as string | undefined) ?? null,
      generation: count("replica_generation"),
      ...readFollowed(),
    };
  }

  function readFollowed(): Pick<ReplicaState, "items" | "unfollowed"> {
    const items = selectItems.all().map((row) => {
      const [kind, name, position, mark] = row as ["stream" | "prefix", string, number, string | null];
      return { kind, name, position, mark };
    });
    const unfollowed = selectMeta.get("unfollowed")?.[0] as string | undefined;
    return { items, unfollowed: unfollowed === undefined ? [] : (JSON.parse(unfollowed) as FollowedRecord[]) };
  }

  function saveFollowed({ items, unfollowed }: Pick<ReplicaState, "items" | "unfollowed">): void {
    followed = undefined;
    deleteItems.run();
    for (const { kind, name, position, mark } of items) insertItem.run(kind, name, position, mark);
    upsertMeta.run("unfollowed", stringify(unfollowed));
    raise();
  }

  /** Notes a change of what a replica shows. */
  function raise(): void {
    queued.forget();
    upsertMeta.run("replica_generation", count("replica_generation") + 1);
  }

  /** The same where it is known how many entries were removed, so that they need not be counted again. */
  function raiseBy(removed: number): GenerationStep {
    const from = count("replica_generation");
    const step = { from, to: from + 1 };
    upsertMeta.run("replica_generation", step.to);
    queued.changed(step, removed);
    return step;
  }

  function leave(request: UnfollowRequest): UnfollowOutcome {
    const plan = planUnfollow(readFollowed(), request, allEntries());
    if (typeof plan === "number") return { outcome: "pending", entries: plan };
    if (plan !== undefined) {
      for (const { id } of plan.discarded) deleteEntry.run(id);
      waiting.forget();
      saveFollowed(plan);
    }
    return { outcome: "unfollowed" };
  }

  function settleEntry({ id, rejected }: Settlement): SettleOutcome {
    const found = findEntry(id);
    if (found === undefined || (rejected !== null && found.rejected === rejected)) return { step: unchanged() };
    if (rejected !== null) rejectEntry.run(rejected, id);
    else removeEntry(id);
    return { step: raiseBy(rejected === null ? 1 : 0) };
  }

  /** Removes an entry whose events will not arrive. */
  function removeEntry(id: string): void {
    deleteEntry.run(id);
    waiting.left();
  }

  function unchanged(): GenerationStep {
    const generation = count("replica_generation");
    return { from: generation, to: generation };
  }

  /** Removes the entries whose last events are among these, which were just stored, and returns how many. The others are not read: the outbox may be long. */
  function removeConfirmed(fresh: readonly StoredRecord[]): number {
    let removed = 0;
    for (const id of waiting.take(fresh)) {
      const row = selectIds.get(id);
      if (row === undefined || !toIds(row[0]).every(isStored)) continue;
      deleteEntry.run(id);
      removed += 1;
    }
    return removed;
  }

  /** Forgets what it has cached, because a transaction may have been rolled back or another process has written. */
  function forget(): void {
    followed = undefined;
    queued.forget();
    waiting.forget();
  }

  function verbs(appender: Appender, tell: (known?: KnownNews) => void): Synchronous<SyncStorage> {
    /** Runs a transaction, and reports whether it has changed what a replica shows. */
    function telling<T>(transaction: () => T): T {
      const before = count("replica_generation");
      const result = transaction();
      if (count("replica_generation") !== before) tell();
      return result;
    }
    const write = <T>(work: () => T): T => telling(() => driver.transaction("write", work));

    return {
      loadReplica: () => driver.transaction("read", readState),
      follow: (items) =>
        write(() => {
          const plan = planFollow(readFollowed(), items);
          if (plan !== undefined) saveFollowed(plan);
          return readState();
        }),
      unfollow: (request) => write(() => leave(request)),
      applyConfirmed: (batch) =>
        telling(() =>
          appender.confirm((view, insert) => {
            const plan = planConfirmed(batch, readState(), view);
            if ("outcome" in plan) return plan;
            upsertMeta.run("hub", batch.lineage);
            plan.fresh.forEach(insert);
            for (const { kind, name, position, mark } of plan.items) updateItem.run(position, mark, kind, name);
            const removed = removeConfirmed(plan.fresh);
            return { outcome: "applied", step: plan.fresh.length > 0 ? raiseBy(removed) : unchanged() };
          }),
        ),
      enqueue(requests) {
        const { outcomes, ...known } = appender.confirm((_view, _insert, head) => ({
          ...queued.queue(requests, head),
          head,
        }));
        if (outcomes[0]?.outcome === "queued") tell({ head: known.head, replica: known.generation });
        return outcomes;
      },
      listEntries: ({ after, limit }) =>
        driver.transaction("read", () => {
          const rows = selectEntries.all(after, limit + 1);
          const entries = rows.slice(0, limit).map(toEntry);
          return { generation: count("replica_generation"), entries, done: rows.length <= limit };
        }),
      settle(settlement) {
        try {
          return write(() => settleEntry(settlement));
        } catch (error) {
          forget();
          throw error;
        }
      },
      loadResult,
      saveResult: ({ key, id, result, timestamp, before }) =>
        driver.transaction("write", () => {
          if (before !== undefined) deleteResults.run(before);
          const kept = loadResult(key);
          if (kept !== null) return { kept };
          if (isStored(id)) return { stored: true };
          insertResult.run(key, result, timestamp);
          return { kept: result };
        }),
    };
  }

  return {
    view: {
      isFollowed: (stream) => isOrdered((followed ??= readFollowed()), stream),
      hasResult: (key) => loadResult(key) !== null,
      forget,
    },
    generation: () => count("replica_generation"),
    verbs,
  };
}
