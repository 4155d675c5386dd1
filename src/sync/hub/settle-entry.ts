import { commandKey } from "../../deciders/idempotency-key.ts";
import { isEventStoreError, messageOf } from "../../errors.ts";
import type { Metadata } from "../../event.ts";
import { fromFailure } from "../../storage/failure.ts";
import { stringify } from "../../events/json.ts";
import { syncOf } from "../../storage/capabilities.ts";
import type { AppendOutcome, EventRecord } from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import { RESULT_KEPT } from "../../storage/sync-rules.ts";
import type { EntryAnswer, PushedAppend, PushedCommand, PushedEntry, Reason } from "../messages.ts";
import { checkAppend, checkCommand, type CheckedCommand } from "./check-entry.ts";
import type { Memory } from "./memory.ts";
import type { HubRules } from "./hub-options.ts";
import type { CheckedRules } from "./rules.ts";

/** Failures that will be the same however often the entry is pushed. All others pass, or are the hub's own trouble. */
const FOR_GOOD: ReadonlySet<string> = new Set([
  "event-id-conflict",
  "invalid-event",
  "invalid-argument",
  "stream-followed",
]);

/** What a hub of newer code may accept. */
const UNKNOWN_YET: ReadonlySet<string> = new Set(["unknown-decider", "invalid-argument", "invalid-event"]);

/** What deciding an entry needs. */
export interface SettleParts<Client> {
  readonly context: StoreContext;
  readonly rules: HubRules<Client>;
  readonly checked: CheckedRules<Client>;
  readonly memory: Memory;
  /** Whether the hub's code is older than the replica's, so that it may know later what it does not know now. */
  readonly isOlder: boolean;
}

/**
 * Decides an entry that a client has pushed, once. What it led to is kept under its key, by its events or as a result, and told again to
 * whoever pushes it again. Rejects if the store is closed or its storage fails: then the entry may be pushed again.
 */
export async function settleEntry<Client>(
  parts: SettleParts<Client>,
  client: Client,
  entry: PushedEntry,
  age = 0,
): Promise<EntryAnswer> {
  const { context, rules, checked: checkedRules, memory, isOlder } = parts;
  const sync = syncOf(context.storage);
  const { key, firstId } = identityOf(context, entry);

  const kept = await sync.loadResult(key);
  if (kept !== null) return JSON.parse(kept) as EntryAnswer;
  // What it led to may have been forgotten, unless that was events.
  if (memory.isBeyond(age) && !(await isStored(context, firstId)))
    return refuse({ code: "expired", message: "this has waited for longer than the hub remembers: decide it again" });
  const checked =
    entry.kind === "command"
      ? await checkCommand(rules, checkedRules, client, entry)
      : await checkAppend(context, checkedRules, client, entry);
  if ("reason" in checked) {
    const mayPass = checked.later === true || (isOlder && UNKNOWN_YET.has(checked.reason.code));
    return mayPass ? later(checked.reason) : refuse(checked.reason);
  }
  return run();

  async function run(): Promise<EntryAnswer> {
    try {
      const answer =
        entry.kind === "command"
          ? await execute(unlessKept(context, key), entry, checked as CheckedCommand)
          : await append(context, checked as PushedAppend);
      return answer.outcome === "nothing" ? await keep(answer) : answer;
    } catch (error) {
      if (!isEventStoreError(error)) return refuse({ code: "refused", message: messageOf(error) });
      if (isEventStoreError(error, "version-conflict")) {
        const { stream, actual } = error.details;
        return refuse({ code: error.code, message: error.message, conflict: { stream, actual } });
      }
      if (FOR_GOOD.has(error.code)) return refuse({ code: error.code, message: error.message });
      // Another push of the same entry has been decided in the meantime.
      if ((error.code as string) === RESULT_KEPT) return settleEntry(parts, client, entry, age);
      throw error;
    }
  }

  function refuse(reason: Reason): Promise<EntryAnswer> {
    return keep({ outcome: "refused", reason });
  }

  /** Keeps what wrote no events, unless the entry's events are stored: then another push of it has written them. */
  async function keep(answer: EntryAnswer): Promise<EntryAnswer> {
    const timestamp = context.clock();
    const request = { key, id: firstId, result: stringify(answer), timestamp, ...memory.forget(timestamp) };
    const found = await sync.saveResult(request);
    if ("kept" in found) return JSON.parse(found.kept) as EntryAnswer;
    return later({ code: "decided", message: "another push of this entry has been decided: push it again" });
  }
}

export function later(reason: Reason): EntryAnswer {
  return { outcome: "later", reason };
}

async function execute(
  context: StoreContext,
  { stream, key, metadata }: PushedCommand,
  { decider, command }: CheckedCommand,
): Promise<EntryAnswer> {
  const { position } = await decider._rivulet.execute(context, stream, command, {
    idempotencyKey: key,
    metadata: metadata === null ? undefined : (JSON.parse(metadata) as Metadata),
  });
  return position === undefined ? { outcome: "nothing" } : { outcome: "confirmed", position };
}

function append(context: StoreContext, { key, entries }: PushedAppend): Promise<EntryAnswer> {
  const request = { entries, timestamp: context.clock(), freshIds: false, unlessKept: key };
  return context.queue.push(request, (outcome): EntryAnswer => {
    if (outcome.ok) return { outcome: "confirmed", position: lastPosition(outcome, entries) };
    throw fromFailure(outcome.failure);
  });
}

/** The highest position among an append's events. */
function lastPosition(outcome: Extract<AppendOutcome, { ok: true }>, entries: PushedAppend["entries"]): number {
  let last = 0;
  for (const [index, { position, known }] of outcome.entries.entries()) {
    const fresh = (entries[index] as PushedAppend["entries"][number]).events.length - known.length;
    if (fresh > 0) last = Math.max(last, position + fresh - 1);
    for (const { record } of known) last = Math.max(last, record.position);
  }
  return last;
}

async function isStored({ storage }: StoreContext, id: string): Promise<boolean> {
  const bounds = { after: 0, upTo: Number.MAX_SAFE_INTEGER, direction: "forward", limit: 1 } as const;
  return (await storage.readPage({ ...bounds, filter: { ids: [id] } })).count > 0;
}

/** The key under which an entry's result is kept, and the id of its first event. */
function identityOf(context: StoreContext, entry: PushedEntry): { readonly key: string; readonly firstId: string } {
  if (entry.kind === "append") {
    const [{ events }] = entry.entries as readonly [PushedAppend["entries"][number]];
    const [{ id }] = events as readonly [EventRecord];
    return { key: entry.key, firstId: id };
  }
  const firstId = commandKey(context, entry.stream, entry.key).idOf(0);
  return { key: firstId, firstId };
}

/** The context whose appends store nothing once a result is kept under the key. */
function unlessKept(context: StoreContext, key: string): StoreContext {
  const push: StoreContext["queue"]["push"] = (request, settle, signal) =>
    context.queue.push({ ...request, unlessKept: key }, settle, signal);
  return { ...context, queue: { ...context.queue, push } };
}
