import type { Decider } from "../../deciders/decider.ts";
import { EventStoreError, isEventStoreError, messageOf } from "../../errors.ts";
import type { StoredEvent } from "../../event.ts";
import { toJson } from "../../events/json.ts";
import { checkAgainst } from "../../events/standard-schema.ts";
import type { EventRecord } from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import type { PushedAppend, PushedCommand, Reason } from "../messages.ts";
import type { HubDecider, HubRules } from "./hub-options.ts";
import type { CheckedRules } from "./rules.ts";

/** Why an entry is not taken; `later`: it may be once the client or the hub is of another version. */
interface Objection {
  readonly reason: Reason;
  readonly later?: true;
}

/** A command that may be executed. */
export interface CheckedCommand {
  readonly decider: Decider<unknown, unknown>;
  /** As the schema made it. */
  readonly command: unknown;
}

/** Checks that a client may have a command executed, and the command itself. */
export async function checkCommand<Client>(
  { deciders = {} }: HubRules<Client>,
  { whyNotExecute }: CheckedRules<Client>,
  client: Client,
  { stream, decider: name, command: text }: PushedCommand,
): Promise<CheckedCommand | Objection> {
  const found = Object.hasOwn(deciders, name) ? (deciders[name] as Decider<unknown, unknown> | HubDecider) : undefined;
  if (found === undefined) return objection("unknown-decider", `the hub has no decider named "${name}"`);
  const { decider, command: schema } = "decider" in found ? found : { decider: found, command: undefined };
  const command: unknown = text === null ? undefined : JSON.parse(text);
  const why = await whyNotExecute(client, { stream, decider: name, command });
  if (why !== undefined) return objection("forbidden", why);
  if (schema === undefined) return { decider, command };
  const checked = checkAgainst(schema, command, "command");
  if (checked === "asynchronous") return objection("invalid-argument", `the schema of "${name}" is asynchronous`);
  if ("value" in checked) return { decider, command: checked.value };
  return objection("invalid-argument", `${checked.path}: ${checked.why}`);
}

/** Checks that a client may append events, and the events against the hub's definitions. */
export async function checkAppend<Client>(
  context: StoreContext,
  { whyNotAppend }: CheckedRules<Client>,
  client: Client,
  asked: PushedAppend,
): Promise<PushedAppend | Objection> {
  for (const { stream, events } of asked.entries) {
    const why = await whyNotAppend(client, { stream, events });
    if (why !== undefined) return objection("forbidden", why);
  }
  try {
    const entries = asked.entries.map(({ stream, expectedVersion, events }) => ({
      stream,
      expectedVersion,
      events: events.map((event, index) => checkEvent(context, stream, event, `${stream}[${index}]`)),
    }));
    return { ...asked, entries };
  } catch (error) {
    if (isEventStoreError(error, "client-outdated"))
      return { reason: { code: error.code, message: error.message }, later: true };
    return objection(isEventStoreError(error) ? error.code : "refused", messageOf(error));
  }
}

/**
 * Returns the event as the hub's definitions make it. One of an older version, which has waited in an outbox while the application was
 * updated, is converted as stored events are.
 *
 * @throws `invalid-event`, `unknown-event`, `upcast-failed`, and `client-outdated` for a version that the hub does not know yet.
 */
function checkEvent({ format }: StoreContext, stream: string, event: EventRecord, path: string): EventRecord {
  if (format === undefined) return event;
  const { type, schemaVersion, metadata } = event;
  const known = format.versions.get(type) ?? 1;
  if (schemaVersion > known) throw otherVersion(event, known);
  const stored = { position: 0, stream, version: 0, id: event.id, type, schemaVersion, timestamp: 0 };
  const data: unknown = event.data === null ? undefined : JSON.parse(event.data);
  const converted =
    schemaVersion === known
      ? data
      : format.read({ ...stored, data, metadata: JSON.parse(metadata ?? "{}") as StoredEvent["metadata"] }).data;
  const written = format.write(type, converted, path);
  const text = written.data === undefined ? null : toJson(written.data, `${path}.data`);
  return { ...event, schemaVersion: written.schemaVersion, data: text };
}

function otherVersion({ type, schemaVersion }: EventRecord, known: number): EventStoreError {
  const message = `the event "${type}" has version ${schemaVersion}, and the hub writes version ${known}`;
  return new EventStoreError("client-outdated", message, {});
}

function objection(code: string, message: string): Objection {
  return { reason: { code, message } };
}
