import { planAppend, timeOf, type PlannedEntry, type StoredView } from "../storage/plan-append.ts";
import { orderTime } from "../storage/sync-rules.ts";
import type {
  AppendOutcome,
  AppendRequest,
  CommittedEntry,
  EventPage,
  EventRecord,
  PageQuery,
  StoredRecord,
} from "../storage/protocol.ts";
import { createBlockWriter } from "./block-writer.ts";
import type { SqliteDriver } from "./driver.ts";
import { PAGE_BYTES, SELECT_LARGEST, SMALL_EVENT } from "./pages.ts";
import type { SyncChecks } from "./sync.ts";
import { createIdBinder, JOINED_EVENTS, RECORD_COLUMNS, toRecord } from "./rows.ts";

/** How many streams' versions to cache. */
const REMEMBERED_STREAMS = 50_000;

interface StreamHead {
  readonly id: number;
  readonly version: number;
}

/** The cached state of the database, between transactions and with the changes of one. */
interface Heads {
  position: number;
  timestamp: number;
  /** The size of the largest event ever stored, in characters, if it is not small. */
  largest: number;
  readonly streams: Map<string, StreamHead>;
  readonly types: Map<string, number>;
}

/** The appends of the storage. Synchronous, with one transaction for each call. */
export interface Appender {
  /** Commits requests in one transaction, each with its own outcome. If it throws, nothing was written. */
  commit(requests: readonly AppendRequest[]): AppendOutcome[];
  /**
   * Runs the work of a replica in one transaction. `insert` stores an event of its hub, with its own time; `head` is the newest position
   * before.
   */
  confirm<T>(work: (view: StoredView, insert: (event: StoredRecord) => void, head: number) => T): T;
  /** The head after the last commit. */
  readonly head: number;
  /** The head before the last attempted commit; undefined if there was none. */
  readonly triedAt: number | undefined;
}

/**
 * `hasForeignWrites` returns, inside the transaction, whether another process has written since the last call. `sync` is asked inside
 * the transaction, too.
 */
export function createAppender(
  driver: SqliteDriver,
  readPage: (query: PageQuery) => EventPage,
  hasForeignWrites: () => boolean,
  sync: SyncChecks,
): Appender {
  const insertEvent = driver.prepare(
    "INSERT INTO events (position, stream, version, id, type, type_version, data, metadata, timestamp) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  // Rarely needed, so that other events do not bind another value.
  const setRecorded = driver.prepare("UPDATE events SET recorded = ? WHERE position = ?");
  const insertStream = driver.prepare("INSERT INTO streams (name) VALUES (?) RETURNING id");
  const insertType = driver.prepare("INSERT INTO types (name) VALUES (?) RETURNING id");
  const selectHead = driver.prepare("SELECT position, timestamp FROM events ORDER BY position DESC LIMIT 1");
  const selectLargest = driver.prepare(SELECT_LARGEST);
  const selectStream = driver.prepare(
    "SELECT id, (SELECT max(version) FROM events WHERE stream = streams.id) FROM streams WHERE name = ?",
  );
  const selectType = driver.prepare("SELECT id FROM types WHERE name = ?");
  const selectById = driver.prepare(`SELECT ${RECORD_COLUMNS} FROM ${JOINED_EVENTS} WHERE e.id = ?`);
  const upsertLargest = driver.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('largest_event', ?)");
  const bindId = createIdBinder();
  const blocks = createBlockWriter(driver);
  let committed: Heads | undefined;
  /** The same object in each transaction, and empty between them. */
  const draft: Heads = { position: 0, timestamp: 0, largest: 0, streams: new Map(), types: new Map() };
  let triedAt: number | undefined;

  function transaction<T>(work: () => T): T {
    try {
      const result = driver.transaction("write", () => {
        if (hasForeignWrites()) {
          committed = undefined;
          blocks.forget();
          sync.forget();
        }
        committed ??= readHeads();
        triedAt = committed.position;
        begin(committed);
        return work();
      });
      remember(committed as unknown as Heads, draft);
      return result;
    } catch (error) {
      committed = undefined;
      sync.forget();
      blocks.forget();
      throw error;
    }
  }

  function begin({ position, timestamp, largest }: Heads): void {
    draft.streams.clear();
    draft.types.clear();
    Object.assign(draft, { position, timestamp, largest });
  }

  /** Plans before it writes, so that a refused request leaves nothing behind in the shared transaction. */
  function appendOne(request: AppendRequest): AppendOutcome {
    const plan = planAppend(request, view);
    if (!plan.ok) return plan;
    const timestamp = Math.max(draft.timestamp, request.timestamp);
    return { ok: true, timestamp, entries: plan.entries.map((entry) => write(entry, request)) };
  }

  function write(entry: PlannedEntry, request: AppendRequest): CommittedEntry {
    const { stream, known, fresh, recordedAt } = entry;
    const first = draft.position + 1;
    if (fresh.length === 0) return { position: first, version: 0, known };
    const timestamp = timeOf(entry, request, draft.timestamp);
    const head = headOf(stream);
    const version = insert(head, fresh, timestamp);
    draft.streams.set(stream, { id: head.id, version });
    return { position: first, version: head.version + 1, known, ...(recordedAt !== undefined && { timestamp }) };
  }

  /** Stores an event of a replica's hub. */
  function insertConfirmed(event: StoredRecord): void {
    const head = headOf(event.stream);
    const timestamp = orderTime(event, draft.timestamp);
    const version = insert(head, [event], timestamp);
    if (timestamp !== event.timestamp) setRecorded.run(event.timestamp, draft.position);
    draft.streams.set(event.stream, { id: head.id, version });
  }

  function headOf(stream: string): StreamHead {
    return findStream(stream) ?? { id: insertStream.get(stream)?.[0] as number, version: 0 };
  }

  /** Stores events, and returns the version of the last. */
  function insert(head: StreamHead, events: readonly EventRecord[], timestamp: number): number {
    let { version } = head;
    for (const event of events) {
      const type = typeId(event.type);
      draft.position += 1;
      version += 1;
      insertEvent.run(
        draft.position,
        head.id,
        version,
        bindId(event.id),
        type,
        event.schemaVersion,
        event.data,
        event.metadata,
        timestamp,
      );
      blocks.note(draft.position, type, event.metadata);
      noteSize(event);
    }
    draft.timestamp = timestamp;
    return version;
  }

  /** If all events are small, readers need not check how many fit into a page. */
  function noteSize({ data, metadata }: EventRecord): void {
    const size = (data?.length ?? 0) + (metadata?.length ?? 0);
    if (size <= draft.largest) return;
    draft.largest = size;
    upsertLargest.run(size);
  }

  const view: StoredView = {
    ...sync,
    versionOf: (stream) => findStream(stream)?.version ?? 0,
    findById(id) {
      const row = selectById.get(bindId(id));
      return row && toRecord(row);
    },
    pageAfter: (stream, after, limit) =>
      readPage({
        stream,
        after,
        upTo: Number.MAX_SAFE_INTEGER,
        head: draft.position,
        direction: "forward",
        // The largest event is known here, so the size of the page need not be checked.
        limit: Math.max(1, Math.min(limit, Math.floor(PAGE_BYTES / draft.largest))),
      }),
  };

  function findStream(name: string): StreamHead | undefined {
    const remembered = draft.streams.get(name) ?? committed?.streams.get(name);
    if (remembered !== undefined) return remembered;
    const row = selectStream.get(name);
    if (row === undefined) return undefined;
    const head = { id: row[0] as number, version: (row[1] as number | null) ?? 0 };
    committed?.streams.set(name, head);
    return head;
  }

  function typeId(name: string): number {
    const remembered = draft.types.get(name) ?? committed?.types.get(name);
    if (remembered !== undefined) return remembered;
    const row = selectType.get(name) ?? insertType.get(name);
    const id = row?.[0] as number;
    draft.types.set(name, id);
    return id;
  }

  function readHeads(): Heads {
    const [position, timestamp] = (selectHead.get() ?? [0, 0]) as [number, number];
    const largest = (selectLargest.get()?.[0] as number | undefined) ?? SMALL_EVENT;
    return { position, timestamp, largest, streams: new Map(), types: new Map() };
  }

  return {
    commit: (requests) => transaction(() => requests.map(appendOne)),
    confirm: (work) => transaction(() => work(view, insertConfirmed, draft.position)),
    get head() {
      return committed?.position ?? 0;
    },
    get triedAt() {
      return triedAt;
    },
  };
}

function remember(heads: Heads, draft: Heads): void {
  heads.position = draft.position;
  heads.timestamp = draft.timestamp;
  heads.largest = draft.largest;
  if (heads.streams.size > REMEMBERED_STREAMS) heads.streams.clear();
  if (heads.types.size > REMEMBERED_STREAMS) heads.types.clear();
  for (const [name, head] of draft.streams) heads.streams.set(name, head);
  for (const [name, id] of draft.types) heads.types.set(name, id);
}
