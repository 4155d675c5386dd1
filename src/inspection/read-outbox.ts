import type { SyncStorage } from "../storage/protocol.ts";
import type { InspectedOutbox } from "./records.ts";

/** The most entries that are shown. */
const MOST = 1_000;

/** Reads what a store keeps as a replica; undefined if it follows nothing. */
export async function readOutbox(sync: SyncStorage): Promise<InspectedOutbox | undefined> {
  const [{ items }, { entries }] = await Promise.all([sync.loadReplica(), sync.listEntries({ after: 0, limit: MOST })]);
  if (items.length === 0 && entries.length === 0) return undefined;
  return {
    followed: items.map(({ kind, name, position }) => ({ name: kind === "prefix" ? `${name}*` : name, position })),
    entries: entries.map(({ id, streams, timestamp, body, rejected }) => ({
      id,
      streams,
      timestamp,
      body: JSON.parse(body) as unknown,
      rejected: rejected === null ? undefined : (JSON.parse(rejected) as unknown),
    })),
  };
}
