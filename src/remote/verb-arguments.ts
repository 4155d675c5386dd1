import { mustBe } from "../errors.ts";
import { checkValue, table } from "../read-models/sql.ts";
import { checkIdentifier } from "../read-models/sql-fragments.ts";
import { prefixOf } from "../storage/read-model-names.ts";
import { EVENT_FIELDS } from "../storage/event-page.ts";
import type { ModelOverlay, ModelRecord } from "../storage/protocol.ts";
import { LATEST_TIME, checkId, checkPrefix } from "../validate.ts";
import {
  anything,
  both,
  count,
  flag,
  integer,
  json,
  jsonObject,
  list,
  name,
  nullable,
  object,
  oneOf,
  optional,
  text,
  time,
  whole,
  type Check,
} from "./checks.ts";
import type { CallName, Calls } from "./messages.ts";
import { expectedVersion, key, SYNC_CHECKS } from "./sync-arguments.ts";

/** The most events, streams or parked events of one page. */
const LONGEST_PAGE = 1_000;

/** Checks the argument of an untrusted client's call. @throws `invalid-argument` or `invalid-event`. */
export function checkArgument(call: CallName, argument: unknown): void {
  CHECKS[call](argument, call);
}

const pageLimit = whole(1, LONGEST_PAGE);

/** Any name but the empty one: snapshots of the whole store use a name that no stream may have. */
const snapshotStream: Check = (value, path) => {
  if (value === "") throw mustBe(path, "a name");
  checkPrefix(value, path);
};

const metadataFilter: Check = (value, path) => {
  if (typeof value !== "object" || value === null) throw mustBe(path, "an object");
  for (const one of Object.values(value)) {
    if (typeof one === "object" ? one !== null : !["string", "number", "boolean"].includes(typeof one))
      throw mustBe(path, "texts, numbers, booleans and nulls by key");
  }
};

const append = list(
  object<Calls["append"]["argument"][number]>({
    entries: list(
      object<Calls["append"]["argument"][number]["entries"][number]>({
        stream: name,
        expectedVersion,
        events: list(
          object<Calls["append"]["argument"][number]["entries"][number]["events"][number]>({
            id: checkId,
            type: name,
            schemaVersion: whole(1),
            data: nullable(json),
            metadata: nullable(jsonObject),
            drawn: optional(flag),
          }),
        ),
        recordedAt: optional(time),
      }),
    ),
    timestamp: time,
    freshIds: flag,
    resentAfter: optional(count),
    unlessKept: optional(text),
  }),
);

const filter = object<NonNullable<Calls["readPage"]["argument"]["filter"]>>({
  ids: optional(list(text)),
  types: optional(list(text)),
  streams: optional(list(text)),
  streamPrefix: optional(text),
  metadata: optional(metadataFilter),
});

/** The fields that name a read model in every call about it. The name becomes part of SQL. */
const MODEL = { name: checkIdentifier, schema: whole(1) };
const model = object(MODEL);

const sqlValues: Check = (value, path) =>
  list((one) => (typeof one === "number" && Number.isFinite(one) ? undefined : checkValue(one, 0)))(value, path);

const STATEMENTS = {
  texts: list(text),
  runs: list((run, path) => {
    if (!Array.isArray(run) || run.length !== 2) throw mustBe(path, "a text's number and values");
    count(run[0], path);
    sqlValues(run[1], path);
  }),
};

const RUNS = { ...STATEMENTS, timeout: optional(whole(1)) };

const overlay = object<ModelOverlay>({
  ...STATEMENTS,
  upTo: count,
  events: list((event, path) => {
    if (!Array.isArray(event) || event.length !== 2) throw mustBe(path, "a position and a number of statements");
    event.forEach((one) => count(one, path));
  }),
});

/** The tables of a model, whose columns and indexes must not contain unbalanced parentheses. */
const tables = (value: unknown, path: string): void => {
  object<ModelRecord>({ ...MODEL, tables: list(object({ name: text, columns: text, indexes: list(text) })) })(
    value,
    path,
  );
  const record = value as ModelRecord;
  const prefix = prefixOf(record, "used");
  for (const { name: full, columns, indexes } of record.tables) {
    if (!full.startsWith(prefix)) throw mustBe(`${path}.tables`, `named ${prefix}…`);
    table(full.slice(prefix.length), columns, { indexes });
  }
};

/** A time ahead of all leases would take every other client for dead. */
const opening = both(tables, object({ now: time }));

const parked = { position: whole(1), message: text, timestamp: time };
const fence = object<Calls["releaseLease"]["argument"]>({ lease: text, token: count });

const CHECKS: { readonly [Name in CallName]: Check } = {
  append,
  readPage: object<Calls["readPage"]["argument"]>({
    stream: optional(text),
    after: integer,
    upTo: integer,
    head: optional(count),
    direction: oneOf("forward", "backward"),
    limit: pageLimit,
    filter: optional(filter),
    fields: optional(list(oneOf(...EVENT_FIELDS))),
    columns: optional(flag),
  }),
  listStreams: object<Calls["listStreams"]["argument"]>({ prefix: optional(text), after: count, limit: pageLimit }),
  head: anything,
  version: text,
  positionAt: (value, path) => {
    if (typeof value !== "number" || Number.isNaN(value)) throw mustBe(path, "a time in milliseconds");
  },
  saveSnapshot: object<Calls["saveSnapshot"]["argument"]>({
    stream: snapshotStream,
    // Longer than a name if it contains "decider/" or the filter of a live projection.
    projection: key,
    schema: count,
    version: count,
    state: json,
    timestamp: time,
    keep: optional(whole(1)),
  }),
  loadSnapshot: object<Calls["loadSnapshot"]["argument"]>({
    stream: text,
    projection: text,
    schema: count,
    upTo: count,
  }),
  info: anything,
  openModel: opening,
  modelState: model,
  applyToModel: object<Calls["applyToModel"]["argument"]>({
    ...MODEL,
    ...RUNS,
    set: oneOf("used", "fresh"),
    from: count,
    to: count,
    parked: list(object(parked)),
    completes: flag,
  }),
  beginRebuild: both(opening, object({ code: text })),
  sweepModels: model,
  listParked: model,
  retryParked: object<Calls["retryParked"]["argument"]>({
    ...MODEL,
    ...RUNS,
    position: whole(1),
    failure: optional(text),
    timestamp: time,
  }),
  queryModels: object<Calls["queryModels"]["argument"]>({
    text,
    values: sqlValues,
    timeout: optional(whole(1)),
    models: list(model),
    overlays: optional(list(overlay)),
  }),
  acquireLease: object<Calls["acquireLease"]["argument"]>({
    name: text,
    holder: text,
    now: time,
    duration: whole(1, LATEST_TIME),
    force: optional(flag),
    instead: optional(object({ holder: text, token: count, expires: integer })),
  }),
  releaseLease: fence,
  listLeases: object<Calls["listLeases"]["argument"]>({ prefix: text, now: time }),
  loadCheckpoint: text,
  moveConsumer: object<Calls["moveConsumer"]["argument"]>({
    name: text,
    fence: optional(fence),
    checkpoint: optional(
      object({ from: nullable(count), to: (value, path) => (value === "head" ? undefined : count(value, path)) }),
    ),
    park: optional(object({ ...parked, attempts: count })),
    unpark: optional(whole(1)),
  }),
  listConsumerParked: object<Calls["listConsumerParked"]["argument"]>({ owner: text, after: count, limit: pageLimit }),
  ...SYNC_CHECKS,
  capabilities: anything,
  listen: flag,
  verb: object<Calls["verb"]["argument"]>({ name: text, argument: anything }),
  close: anything,
};
