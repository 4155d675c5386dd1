import { mustBe } from "../errors.ts";
import type {
  ConfirmedBatch,
  Enqueue,
  FollowedRecord,
  HubPlace,
  NewOutboxEntry,
  NewResult,
  OutboxQuery,
  Settlement,
  StoredRecord,
  SyncStorage,
  UnfollowRequest,
} from "../storage/protocol.ts";
import { checkId, checkName, checkPrefix } from "../validate.ts";
import {
  anything,
  both,
  count,
  flag,
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
  type Shape,
} from "./checks.ts";

export const expectedVersion: Check = (value, path) =>
  typeof value === "number" ? count(value, path) : oneOf("any", "no-stream", "stream-exists")(value, path);

export const key: Check = (value, path) => {
  text(value, path);
  if (value === "") throw mustBe(path, "at least one character");
};

export const place: Check = object<HubPlace>({ position: count, mark: nullable(text) });

export const followed: Check = (value, path) => {
  object({ kind: oneOf("stream", "prefix"), name: anything })(value, path);
  const item = value as FollowedRecord;
  if (item.kind === "stream") checkName(item.name, `${path}.name`);
  else checkPrefix(item.name, `${path}.name`);
};

/** An event of a hub, apart from its data and metadata. */
const CONFIRMED: Shape<Omit<StoredRecord, "data" | "metadata">> = {
  position: whole(1),
  stream: name,
  version: whole(1),
  id: checkId,
  type: name,
  schemaVersion: whole(1),
  timestamp: time,
  drawn: optional(oneOf(false)),
};

export const confirmedFields: Check = object(CONFIRMED);

const confirmedEvent: Check = object<StoredRecord>({
  ...CONFIRMED,
  data: nullable(json),
  metadata: nullable(jsonObject),
});

/** Checks the arguments of what an untrusted client asks of {@link SyncStorage}. */
export const SYNC_CHECKS: { readonly [Verb in keyof SyncStorage]: Check } = {
  loadReplica: anything,
  follow: list(both(followed, object({ restart: optional(flag) }))),
  unfollow: object<UnfollowRequest>({ items: list(followed), discard: flag }),
  applyConfirmed: object<ConfirmedBatch>({
    lineage: key,
    events: list(confirmedEvent),
    items: list(both(followed, place)),
    place,
  }),
  enqueue: list(
    object<Enqueue>({
      entry: object<NewOutboxEntry>({ id: key, streams: list(name), ids: list(checkId), body: json, timestamp: time }),
      generation: optional(count),
      most: count,
      replaces: optional(text),
    }),
  ),
  listEntries: object<OutboxQuery>({ after: count, limit: whole(1, 1_000) }),
  settle: object<Settlement>({ id: text, rejected: nullable(json) }),
  loadResult: text,
  saveResult: object<NewResult>({ key, id: checkId, result: json, timestamp: time, before: optional(time) }),
};
