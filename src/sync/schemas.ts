import { EventStoreError } from "../errors.ts";
import type { StoredRecord } from "../storage/protocol.ts";
import type { StoreContext } from "../storage/store-context.ts";
import type { Schemas } from "./messages.ts";

/** The versions of events that a store's code writes; undefined if it defines none, or takes those that it does not know as they are. */
export function schemasOf({ format }: Pick<StoreContext, "format">): Schemas | undefined {
  return format === undefined || format.passes ? undefined : Object.fromEntries(format.versions);
}

/**
 * Compares the events that a replica knows with those of its hub. Returns whether the replica's code is newer.
 *
 * @throws `client-outdated` if the hub's is.
 */
export function compareSchemas(replica: Schemas = {}, hub: Schemas | undefined): boolean {
  // A hub without definitions takes every event: no update of it would help.
  if (hub === undefined) return false;
  const both = Object.keys(replica).filter((type) => Object.hasOwn(hub, type));
  const newer = both.filter((type) => (hub[type] as number) > (replica[type] as number));
  if (newer.length > 0) throw outdated(newer.map((type) => `"${type}" is version ${hub[type]}, here ${replica[type]}`));
  return Object.entries(replica).some(([type, version]) => version > (Object.hasOwn(hub, type) ? (hub[type] ?? 0) : 0));
}

/** Refuses events that the replica's code could not read. @throws `client-outdated`. */
export function refuseNewer(events: readonly StoredRecord[], own: Schemas | undefined): void {
  if (own === undefined) return;
  const newer = events.find(
    ({ type, schemaVersion }) => Object.hasOwn(own, type) && schemaVersion > (own[type] as number),
  );
  if (newer === undefined) return;
  const { type, schemaVersion } = newer;
  throw outdated([`"${type}" is version ${schemaVersion}, here ${own[type]}`]);
}

function outdated(newer: readonly string[]): EventStoreError {
  const message = `the hub's events are newer than this application: ${newer.join("; ")}: update it; what is pending is kept`;
  return new EventStoreError("client-outdated", message, {});
}
