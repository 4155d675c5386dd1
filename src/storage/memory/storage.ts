import { stringify } from "../../events/json.ts";
import { storeClosed } from "../../errors.ts";
import type { StoredEvent } from "../../event.ts";
import { matches } from "../../events/filter.ts";
import { createUuidv7 } from "../../events/ids.ts";
import { createMemoryConsumers } from "./consumers.ts";
import { createMemoryLeases } from "./leases.ts";
import { createMemorySync } from "./sync.ts";
import { encodeRows } from "../event-page.ts";
import { planAppend, timeOf, type PlannedEntry, type StoredView } from "../plan-append.ts";
import type {
  AppendOutcome,
  AppendRequest,
  CommittedEntry,
  EventPage,
  EventRecord,
  EventStorage,
  NewSnapshotRecord,
  PageQuery,
  SnapshotQuery,
  SnapshotRecord,
  StorageContents,
  StorageInfo,
  StorageNews,
  StoredRecord,
  StreamsPage,
  StreamsQuery,
} from "../protocol.ts";
import { ALL_STREAMS, refuseBeyondHead } from "../snapshot-rules.ts";
import { orderTime, plainRecord } from "../sync-rules.ts";
import { answering, type Synchronous } from "../synchronous.ts";
import type { RootVerbs } from "../verbs.ts";

/**
 * The reference implementation of the storage protocol, with plain arrays and maps. Tests compare every other storage with it. It
 * keeps the events until it is closed.
 */
export function createMemoryStorage(): EventStorage {
  const events: StoredRecord[] = [];
  /** By which time each event counts in the order of positions: confirmed events may have been recorded before those that they follow. */
  const orderTimes: number[] = [];
  const byId = new Map<string, StoredRecord>();
  const byStream = new Map<string, StoredRecord[]>();
  /** The snapshots of each stream, projection and schema, the newest first. */
  const snapshots = new Map<string, SnapshotRecord[]>();
  const leases = createMemoryLeases();
  const consumers = createMemoryConsumers(leases.stands, events);
  const listeners = new Set<(news: StorageNews) => void>();
  let lineage = createUuidv7(() => 0)();
  const sync = createMemorySync(
    {
      versionOf: (stream) => byStream.get(stream)?.length ?? 0,
      findById: (id) => byId.get(id),
      head: () => events.length,
    },
    (fresh) => fresh.forEach((record) => put(record.stream, plainRecord(record), record.timestamp)),
    (replica) => tell({ epoch: 1, head: events.length, replica }),
  );
  let closed = false;

  const view: StoredView = {
    versionOf: (stream) => byStream.get(stream)?.length ?? 0,
    findById: (id) => byId.get(id),
    pageAfter: (stream, after, limit) =>
      page({ stream, after, upTo: Number.MAX_SAFE_INTEGER, direction: "forward", limit }),
    ...sync.view,
  };

  function appendOne(request: AppendRequest): AppendOutcome {
    // The hint is ignored: ids are always looked up, because no unique index would find that the hint is wrong.
    const plan = planAppend({ ...request, freshIds: false }, view);
    if (!plan.ok) return plan;
    const timestamp = Math.max(request.timestamp, orderTimes.at(-1) ?? 0);
    return { ok: true, timestamp, entries: plan.entries.map((entry) => store(entry, request)) };
  }

  function store(entry: PlannedEntry, request: AppendRequest): CommittedEntry {
    const { stream, known, fresh } = entry;
    const version = view.versionOf(stream) + 1;
    const timestamp = timeOf(entry, request, orderTimes.at(-1) ?? 0);
    const committed = { position: events.length + 1, version, known, timestamp };
    for (const event of fresh) put(stream, event, timestamp);
    return committed;
  }

  function put(stream: string, event: EventRecord, timestamp: number): void {
    const history = byStream.get(stream) ?? [];
    const record = { ...event, stream, position: events.length + 1, version: history.length + 1, timestamp };
    byStream.set(stream, history);
    history.push(record);
    events.push(record);
    orderTimes.push(orderTime(record, orderTimes.at(-1) ?? 0));
    byId.set(record.id, record);
  }

  function tell(news: StorageNews): void {
    for (const listener of listeners) listener(news);
  }

  function page(query: PageQuery): EventPage {
    const head = Math.min(query.head ?? Infinity, events.length);
    const keyOf = (record: StoredRecord): number => (query.stream === undefined ? record.position : record.version);
    // Positions and versions have no gaps.
    const walk = (query.stream === undefined ? events : (byStream.get(query.stream) ?? []))
      .slice(query.after, query.upTo)
      .filter(({ position }) => position <= head);
    if (query.direction === "backward") walk.reverse();
    // Metadata is still text here. The client filters again.
    const { metadata: _, ...plain } = query.filter ?? {};
    const found = walk.filter((record) => matches(plain, record as unknown as StoredEvent)).slice(0, query.limit);
    const done = found.length < query.limit;
    const last = found.at(-1);
    const end = last === undefined ? query.after : keyOf(last);
    return {
      rows: encodeRows(found),
      count: found.length,
      head,
      cursor:
        query.direction === "backward"
          ? done
            ? query.after
            : end - 1
          : done
            ? Math.max(end, Math.min(query.upTo, head))
            : end,
      done,
    };
  }

  function listStreams({ prefix = "", after, limit }: StreamsQuery): StreamsPage {
    const found = [...byStream]
      .map(([name, history], index) => ({ stream: { name, version: history.length }, cursor: index + 1 }))
      .filter(({ stream, cursor }) => cursor > after && stream.name.startsWith(prefix))
      .slice(0, limit);
    return {
      streams: found.map(({ stream }) => stream),
      cursor: found.at(-1)?.cursor ?? after,
      done: found.length < limit,
    };
  }

  function saveSnapshot({ keep = Infinity, ...snapshot }: NewSnapshotRecord): void {
    const { stream, version } = snapshot;
    refuseBeyondHead(snapshot, stream === ALL_STREAMS ? events.length : view.versionOf(stream));
    const kind = kindOf(snapshot);
    const others = (snapshots.get(kind) ?? []).filter((other) => other.version !== version);
    snapshots.set(kind, [...others, snapshot].sort((a, b) => b.version - a.version).slice(0, keep));
  }

  function loadSnapshot(query: SnapshotQuery): SnapshotRecord | undefined {
    return snapshots.get(kindOf(query))?.find(({ version }) => version <= query.upTo);
  }

  const contents: Synchronous<StorageContents> = {
    listSnapshots: ({ after, limit }) => {
      const start = Number(after);
      const all = [...snapshots.values()].flat();
      const done = start + limit >= all.length;
      return { snapshots: all.slice(start, start + limit), cursor: String(start + limit), done };
    },
    listResults: sync.listResults,
    listConsumers: consumers.list,
    adoptLineage(given) {
      if (events.length > 0) return false;
      lineage = given;
      return true;
    },
  };

  const call = <T>(work: () => T): Promise<T> =>
    new Promise((resolve) => {
      if (closed) throw storeClosed();
      resolve(work());
    });

  return {
    ...answering<RootVerbs>(
      {
        append(requests) {
          const before = events.length;
          const outcomes = requests.map(appendOne);
          if (events.length > before) tell({ epoch: 1, head: events.length });
          return outcomes;
        },
        readPage: page,
        listStreams,
        head: () => events.length,
        version: view.versionOf,
        positionAt: (timestamp) => orderTimes.filter((time) => time <= timestamp).length,
        saveSnapshot,
        loadSnapshot,
        info: () => ({ ...INFO, lineage }),
      },
      call,
    ),
    leases: answering(leases.verbs, call),
    consumers: answering(consumers.verbs, call),
    sync: answering(sync.verbs, call),
    contents: answering(contents, call),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      closed = true;
      return Promise.resolve();
    },
  };
}

const INFO: Omit<StorageInfo, "lineage"> = {
  adapter: "memory",
  backend: "memory",
  persisted: false,
  durability: "none",
  role: "leader",
  formatVersion: 1,
};

function kindOf({ stream, projection, schema }: Omit<SnapshotQuery, "upTo">): string {
  return stringify([stream, projection, schema]);
}
