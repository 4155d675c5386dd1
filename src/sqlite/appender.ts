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
import { prepareForId } from "./id-statements.ts";
import { PAGE_BYTES, SELECT_LARGEST, SMALL_EVENT } from "./pages.ts";
import type { SyncChecks } from "./sync.ts";
import { JOINED_EVENTS, RECORD_COLUMNS, toRecord } from "./rows.ts";

/** How many streams' versions to cache. */
const REMEMBERED_STREAMS = 50_000;

interface StreamHead {
  readonly id: number;
  version: number;
}

/** What is known of the database: as it was committed, or with the changes of the transaction that runs. */
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
  const insertEvent = prepareForId(
    driver,
    (id) =>
      `INSERT INTO events (position, stream, version, id, type, type_version, data, metadata, timestamp) VALUES (?, ?, ?, ${id}, ?, ?, ?, ?, ?)`,
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
  const selectById = prepareForId(driver, (id) => `SELECT ${RECORD_COLUMNS} FROM ${JOINED_EVENTS} WHERE e.id = ${id}`);
  const upsertLargest = driver.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('largest_event', ?)");
  const blocks = createBlockWriter(driver);
  let heads: Heads = { position: 0, timestamp: 0, largest: 0, streams: new Map(), types: new Map() };
  /** Not after a transaction that failed, nor after another process has written: then the next one reads the heads again. */
  let upToDate = false;
  let triedAt: number | undefined;

  function transaction<T>(work: () => T): T {
    try {
      return driver.transaction("write", () => {
        if (hasForeignWrites()) forget();
        if (!upToDate) heads = readHeads();
        upToDate = true;
        triedAt = heads.position;
        return work();
      });
    } catch (error) {
      forget();
      throw error;
    }
  }

  function forget(): void {
    upToDate = false;
    sync.forget();
    blocks.forget();
  }

  /** Plans before it writes, so that a refused request leaves nothing behind in the shared transaction. */
  function appendOne(request: AppendRequest): AppendOutcome {
    const plan = planAppend(request, view);
    if (!plan.ok) return plan;
    const timestamp = Math.max(heads.timestamp, request.timestamp);
    const entries: CommittedEntry[] = [];
    // No `for of` on the way of every append: it is three times the code, all of which a new process interprets and compiles.
    for (let index = 0; index < plan.entries.length; index++) {
      entries.push(write(plan.entries[index] as PlannedEntry, request));
    }
    return { ok: true, timestamp, entries };
  }

  function write(entry: PlannedEntry, request: AppendRequest): CommittedEntry {
    const { stream, known, fresh, recordedAt } = entry;
    const first = heads.position + 1;
    if (fresh.length === 0) return { position: first, version: 0, known };
    const timestamp = timeOf(entry, request, heads.timestamp);
    const head = headOf(stream);
    const version = head.version + 1;
    for (let index = 0; index < fresh.length; index++) insert(head, fresh[index] as EventRecord, timestamp);
    const committed = { position: first, version, known };
    return recordedAt === undefined ? committed : { ...committed, timestamp };
  }

  /** Stores an event of a replica's hub. */
  function insertConfirmed(event: StoredRecord): void {
    const head = headOf(event.stream);
    const timestamp = orderTime(event, heads.timestamp);
    insert(head, event, timestamp);
    if (timestamp !== event.timestamp) setRecorded.run(event.timestamp, heads.position);
  }

  function headOf(stream: string): StreamHead {
    return findStream(stream) ?? remember(stream, insertStream.get(stream)?.[0] as number, 0);
  }

  function insert(head: StreamHead, event: EventRecord, timestamp: number): void {
    const { id, type, schemaVersion, data, metadata } = event;
    const typeId = idOfType(type);
    const position = ++heads.position;
    const version = ++head.version;
    insertEvent(id).run(position, head.id, version, id, typeId, schemaVersion, data, metadata, timestamp);
    blocks.note(position, typeId, metadata);
    noteSize((data?.length ?? 0) + (metadata?.length ?? 0));
    heads.timestamp = timestamp;
  }

  /** If all events are small, readers need not check how many fit into a page. */
  function noteSize(size: number): void {
    if (size <= heads.largest) return;
    heads.largest = size;
    upsertLargest.run(size);
  }

  const view: StoredView = {
    ...sync,
    versionOf: (stream) => findStream(stream)?.version ?? 0,
    findById(id) {
      const row = selectById(id).get(id);
      return row && toRecord(row);
    },
    pageAfter: (stream, after, limit) =>
      readPage({
        stream,
        after,
        upTo: Number.MAX_SAFE_INTEGER,
        head: heads.position,
        direction: "forward",
        // The largest event is known here, so the size of the page need not be checked.
        limit: Math.max(1, Math.min(limit, Math.floor(PAGE_BYTES / heads.largest))),
      }),
  };

  function findStream(name: string): StreamHead | undefined {
    const remembered = heads.streams.get(name);
    if (remembered !== undefined) return remembered;
    const row = selectStream.get(name);
    return row && remember(name, row[0] as number, (row[1] as number | null) ?? 0);
  }

  function remember(stream: string, id: number, version: number): StreamHead {
    if (heads.streams.size > REMEMBERED_STREAMS) heads.streams.clear();
    const head = { id, version };
    heads.streams.set(stream, head);
    return head;
  }

  function idOfType(name: string): number {
    const remembered = heads.types.get(name);
    if (remembered !== undefined) return remembered;
    if (heads.types.size > REMEMBERED_STREAMS) heads.types.clear();
    const row = selectType.get(name) ?? insertType.get(name);
    const id = row?.[0] as number;
    heads.types.set(name, id);
    return id;
  }

  function readHeads(): Heads {
    const [position, timestamp] = (selectHead.get() ?? [0, 0]) as [number, number];
    const largest = (selectLargest.get()?.[0] as number | undefined) ?? SMALL_EVENT;
    return { position, timestamp, largest, streams: new Map(), types: new Map() };
  }

  return {
    commit: (requests) =>
      transaction(() => {
        const outcomes: AppendOutcome[] = [];
        for (let index = 0; index < requests.length; index++) {
          outcomes.push(appendOne(requests[index] as AppendRequest));
        }
        return outcomes;
      }),
    confirm: (work) => transaction(() => work(view, insertConfirmed, heads.position)),
    get head() {
      return upToDate ? heads.position : 0;
    },
    get triedAt() {
      return triedAt;
    },
  };
}
