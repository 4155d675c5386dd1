import { isEventStoreError } from "../errors.ts";
import { refuseAborted, type AbortSignalLike } from "../platform.ts";
import type { EventStorage, SnapshotRecord, StorageContents } from "../storage/protocol.ts";
import { differs } from "./begin-copy.ts";

/** A snapshot may be large. */
const PAGE = 50;

/**
 * Copies all snapshots and reads each back; resolves with their number. Those of events that came since are left out, and those that
 * no load uses, because of their version.
 */
export async function copySnapshots(
  source: StorageContents,
  target: EventStorage,
  signal: AbortSignalLike | undefined,
): Promise<number> {
  let count = 0;
  for (let page = await source.listSnapshots({ after: "", limit: PAGE }); ;) {
    for (const snapshot of page.snapshots) {
      refuseAborted(signal);
      if (await copySnapshot(snapshot, target)) count += 1;
    }
    if (page.done) return count;
    page = await source.listSnapshots({ after: page.cursor, limit: PAGE });
  }
}

async function copySnapshot(snapshot: SnapshotRecord, target: EventStorage): Promise<boolean> {
  if (snapshot.version < 1) return false;
  try {
    await target.saveSnapshot(snapshot);
  } catch (error) {
    // It is of a version that the copy does not have yet.
    if (isEventStoreError(error, "invalid-argument")) return false;
    throw error;
  }
  const { stream, projection, schema, version, timestamp, state } = snapshot;
  const found = await target.loadSnapshot({ stream, projection, schema, upTo: version });
  if (found?.version === version && found.timestamp === timestamp && found.state === state) return true;
  throw differs(`the snapshot of stream "${stream}", projection "${projection}", version ${version}`);
}
