import { invalidArgument } from "../errors.ts";
import type { SnapshotRecord } from "./protocol.ts";

/** Names the whole store in place of a stream. No stream can have this name. */
export const ALL_STREAMS = "@all";

/** Refuses a snapshot of a version that does not exist yet. @throws `invalid-argument`. */
export function refuseBeyondHead(snapshot: SnapshotRecord, version: number): void {
  if (snapshot.version <= version) return;
  throw invalidArgument(
    "version",
    `a snapshot of version ${snapshot.version} cannot be saved: stream "${snapshot.stream}" is at version ${version}`,
  );
}
