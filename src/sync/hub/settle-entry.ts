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
import type { HubRules } from "./hub-options.ts";
import type { CheckedRules } from "./rules.ts";

/** Failures that will be the same however often the entry is pushed. All others pass, or are the hub's own trouble. */
const FOR_GOOD: ReadonlySet<string> = new Set([
  "event-id-conflict",
  "invalid-event",
  "invalid-argument",
  "stream-followed",
]);

/** What deciding an entry needs. */
export interface SettleParts<Client> {
  readonly context: StoreContext;
  readonly rules: HubRules<Client>;
  readonly checked: CheckedRules<Client>;
}

/**
 * Decides an entry that a client has pushed, once. What it led to is kept under its key, by its events or as a result, and told again to
 * whoever pushes it again. Rejects if the store is closed or its storage fails: then the entry may be pushed again.
 */
export async function settleEntry<Client>(
  parts: SettleParts<Client>,
  client: Client,
  entry: PushedEntry,
): Promise<EntryAnswer> {
  const { context, rules, checked: checkedRules } = parts;
  const sync = syncOf(context.storage);
  const { key, firstId } = identityOf(context, entry);

  const kept = await sync.loadResult(key);
  if (kept !== null) return JSON.parse(kept) as EntryAnswer;
  const checked =
    entry.kind === "command"
      ? await checkCommand(rules, checkedRules, client, entry)
      : await checkAppend(context, checkedRules, client, entry);
  if ("reason" in checked) return checked.later === true ? later(checked.reason) : refuse(checked.reason);
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
      if ((error.code as string) === RESULT_KEPT) return settleEntry(parts, client, entry);
      throw error;
    }
  }

  function refuse(reason: Reason): Promise<EntryAnswer> {
    return keep({ outcome: "refused", reason });
  }

  /** Keeps what wrote no events, unless the entry's events are stored: then another push of it has written them. */
  async function keep(answer: EntryAnswer): Promise<EntryAnswer> {
    const request = { key, id: firstId, result: stringify(answer), timestamp: context.clock() };
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
