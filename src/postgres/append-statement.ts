import { stringify } from "../events/json.ts";
import { timeOf } from "../storage/plan-append.ts";
import type { AppendOutcome, AppendRequest, CommittedEntry, EventRecord } from "../storage/protocol.ts";
import type { PostgresQuery } from "./driver.ts";
import { findIndifferent, type Facts, type PlannedRequest } from "./plan-group.ts";
import { arrayOf, isUuid, toNumber } from "./values.ts";

/** What an append found in the transaction that stored it. */
export interface Written {
  /** The newest position and time before. */
  readonly head: number;
  readonly newest: number;
  /** Whether anybody listens for news. */
  readonly watched: boolean;
  /** The version of each stream before. */
  readonly bases: ReadonlyMap<string, number>;
}

/** A stream of a group: its place in the statement, the version that was planned with, and how many events are added. */
interface StreamPart {
  readonly number: number;
  readonly assumed: number | null;
  added: number;
}

/** The columns of the events that a group stores. */
interface Columns {
  readonly numbers: number[];
  readonly offsets: number[];
  readonly names: string[];
  readonly uuids: (string | null)[];
  readonly ids: (string | null)[];
  readonly types: string[];
  readonly schemaVersions: number[];
  readonly data: (string | null)[];
  readonly metadata: (string | null)[];
  /** The times if the newest stored event is not later than the first of them, and if it is later than all of the recorded times. */
  readonly planned: number[];
  readonly requested: number[];
}

/** How appends are committed. */
export interface CommitOptions {
  /** Whether an append is on disk when it resolves. */
  readonly durable: boolean;
  /** How long to wait for other writers, in milliseconds. */
  readonly timeout: number;
}

/** The statements that store events. */
export interface AppendStatements {
  /** Stores one new event, if its stream is at `assumed`; null: at any version. Undefined if it is not, or the id is stored: then nothing was stored. */
  writeOne(
    stream: string,
    event: EventRecord,
    assumed: number | null,
    request: AppendRequest,
  ): Promise<Written | undefined>;
  /** Stores a group of planned appends. Undefined if they differ from what is stored: then nothing was stored. */
  writeGroup(planned: readonly PlannedRequest[], facts: Facts): Promise<Written | undefined>;
}

/**
 * Returns the statements that store events. Each is its own transaction: it takes the lock of writers, compares the
 * plan with what is stored, and inserts the events. So no transaction stays open while this process is slow or stopped.
 * `s`: the schema's quoted name.
 */
export function createAppendStatements(
  query: PostgresQuery,
  s: string,
  { durable, timeout }: CommitOptions,
): AppendStatements {
  const one = `SELECT ${s}.append_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`;
  const many = `SELECT ${s}.append_many($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`;

  async function writeOne(
    stream: string,
    { id, type, schemaVersion, data, metadata }: EventRecord,
    assumed: number | null,
    { freshIds, timestamp, unlessKept }: AppendRequest,
  ): Promise<Written | undefined> {
    const uuid = isUuid(id);
    const [[answer] = []] = await query(one, [
      durable,
      timeout,
      !freshIds,
      stream,
      assumed,
      uuid ? id : null,
      uuid ? null : id,
      type,
      schemaVersion,
      data,
      metadata,
      timestamp,
      unlessKept === undefined ? null : stringify(unlessKept),
    ]);
    return answer == null ? undefined : toWritten(answer, [stream]);
  }

  async function writeGroup(planned: readonly PlannedRequest[], facts: Facts): Promise<Written | undefined> {
    const streams = new Map<string, StreamPart>();
    const indifferent = findIndifferent(planned);
    const columns: Columns = emptyColumns();
    let { newest } = facts;
    let requested = 0;
    let latest: number | null = null;
    let lookup = false;
    const kept: string[] = [];
    for (const each of planned) {
      if (!each.ok) continue;
      lookup ||= !each.request.freshIds;
      if (each.request.unlessKept !== undefined) kept.push(stringify(each.request.unlessKept));
      for (const entry of each.entries) {
        const { stream, fresh, recordedAt } = entry;
        if (fresh.length === 0) continue;
        newest = timeOf(entry, each.request, newest);
        requested = Math.max(requested, each.request.timestamp);
        if (recordedAt !== undefined) latest = Math.max(latest ?? 0, recordedAt);
        const part = streams.get(stream) ?? {
          number: streams.size + 1,
          assumed: indifferent.has(stream) ? null : facts.versionOf(stream),
          added: 0,
        };
        streams.set(stream, part);
        for (const event of fresh) addTo(columns, stream, part, event, newest, requested);
      }
    }
    const assumed = Array.from(streams.values(), (part) => part.assumed);
    const [[answer] = []] = await query(many, [
      durable,
      timeout,
      lookup,
      arrayOf([...streams.keys()]),
      arrayOf(assumed),
      ...Object.values(columns).map(arrayOf),
      latest,
      kept.length === 0 ? null : arrayOf(kept),
    ]);
    return answer == null ? undefined : toWritten(answer, [...streams.keys()]);
  }

  return { writeOne, writeGroup };
}

function emptyColumns(): Columns {
  // In the order of the function's parameters.
  return {
    numbers: [],
    offsets: [],
    names: [],
    uuids: [],
    ids: [],
    types: [],
    schemaVersions: [],
    data: [],
    metadata: [],
    planned: [],
    requested: [],
  };
}

function addTo(
  columns: Columns,
  stream: string,
  part: StreamPart,
  { id, type, schemaVersion, data, metadata }: EventRecord,
  planned: number,
  requested: number,
): void {
  const uuid = isUuid(id);
  columns.numbers.push(part.number);
  columns.offsets.push(++part.added);
  columns.names.push(stream);
  columns.uuids.push(uuid ? id : null);
  columns.ids.push(uuid ? null : id);
  columns.types.push(type);
  columns.schemaVersions.push(schemaVersion);
  columns.data.push(data);
  columns.metadata.push(metadata);
  columns.planned.push(planned);
  columns.requested.push(requested);
}

function toWritten(answer: string, streams: readonly string[]): Written {
  const [head, newest, watched, ...bases] = answer.split(",");
  return {
    head: toNumber(head),
    newest: toNumber(newest),
    watched: watched === "1",
    bases: new Map(streams.map((stream, index) => [stream, toNumber(bases[index])])),
  };
}

/** The outcomes of a group that was stored, and its last position. */
export function toOutcomes(
  planned: readonly PlannedRequest[],
  written: Written,
): { readonly outcomes: AppendOutcome[]; readonly head: number; readonly newest: number } {
  let { head, newest } = written;
  const versions = new Map(written.bases);
  const outcomes = planned.map((each): AppendOutcome => {
    if (!each.ok) return each.outcome;
    const timestamp = Math.max(newest, each.request.timestamp);
    const entries = each.entries.map((entry): CommittedEntry => {
      const { stream, known, fresh, recordedAt } = entry;
      const version = versions.get(stream) ?? 0;
      const committed = { position: head + 1, version: version + 1, known };
      if (fresh.length === 0) return committed;
      head += fresh.length;
      versions.set(stream, version + fresh.length);
      newest = timeOf(entry, each.request, newest);
      return recordedAt === undefined ? committed : { ...committed, timestamp: newest };
    });
    return { ok: true, timestamp, entries };
  });
  return { outcomes, head, newest };
}
