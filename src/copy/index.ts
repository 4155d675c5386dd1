import { refuseAborted, type AbortSignalLike } from "../platform.ts";
import type { Adapter } from "../storage/adapter.ts";
import type { EventStorage } from "../storage/protocol.ts";
import { contentsOf } from "../storage/capabilities.ts";
import { checkOptions, checkVerb } from "../validate.ts";
import { copyConsumers } from "./copy-consumers.ts";
import { copyEvents } from "./copy-events.ts";
import { copyResults } from "./copy-results.ts";
import { copySnapshots } from "./copy-snapshots.ts";
import { beginCopy, refuseReplica } from "./begin-copy.ts";
import { verifyEvents } from "./verify-events.ts";

/** How far a copy is. */
export interface CopyProgress {
  /** "copying" events, then "verifying" them. */
  readonly step: "copying" | "verifying";
  /** The position up to which that is done. */
  readonly done: number;
  /** The position at which it ends. */
  readonly total: number;
}

/** Options of {@link copyStore}. */
export interface CopyOptions {
  /** Whether to compare all events, also those of an earlier copy, with the source at the end; default true. */
  readonly verify?: boolean | undefined;
  /** Called after each page of events. */
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
  /** Aborting it rejects with the signal's reason. What was copied stays: another call continues it. */
  readonly signal?: AbortSignalLike | undefined;
}

/** What is in the target after a copy. */
export interface CopyResult {
  /** The number of events, which is the position of the newest one. */
  readonly events: number;
  /** How many of them this call has copied. */
  readonly copied: number;
  /** The number of snapshots. */
  readonly snapshots: number;
  /** The number of consumers with a checkpoint or parked events. */
  readonly consumers: number;
  /** Events that consumers have parked. */
  readonly parked: number;
  /** Results that a hub has kept for commands that wrote no events. */
  readonly results: number;
}

const ADAPTER = "an adapter: betterSqlite3({ path })";

/**
 * Copies a store into an empty one, whatever keeps the two: events with their ids, positions, versions and times; snapshots; checkpoints
 * and parked events of consumers; what a hub keeps for its replicas; and the lineage, so that checkpoints kept elsewhere, and replicas,
 * continue with the copy. Called again, it continues an earlier copy with what was added since. Read models are not copied: they are built from the events.
 *
 * @throws `invalid-argument` if an argument is wrong, the target has other events, or the source is a replica;
 * `storage-unavailable` if a storage works in another thread; `storage-corrupt` if the source is damaged or the copy differs;
 * another code of either storage.
 * @example
 * ```ts
 * const source = betterSqlite3({ path: "app.db" });
 * const { events } = await copyStore(source, betterSqlite3({ path: "copy.db" }));
 * console.log(events); // → 0
 * ```
 */
export async function copyStore(source: Adapter, target: Adapter, options: CopyOptions = {}): Promise<CopyResult> {
  checkOptions(options, ["verify", "onProgress", "signal"]);
  checkVerb(source, "open", "source", ADAPTER);
  checkVerb(target, "open", "target", ADAPTER);
  refuseAborted(options.signal);
  const { storage: from } = await source.open();
  try {
    const { storage: to } = await target.open();
    try {
      return await copyStorage(from, to, options);
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

async function copyStorage(source: EventStorage, target: EventStorage, options: CopyOptions): Promise<CopyResult> {
  const { verify = true, onProgress, signal } = options;
  const [from, to] = [contentsOf(source), contentsOf(target)];
  await refuseReplica(source);
  const start = await beginCopy(source, target, to);
  // Read before the head, so that no checkpoint is beyond the events that are copied.
  const consumers = await from.listConsumers();
  const head = await source.head();
  await copyEvents(source, target, { after: start, upTo: head, signal }, (done) =>
    onProgress?.({ step: "copying", done, total: head }),
  );
  const snapshots = await copySnapshots(from, target, signal);
  const parked = await copyConsumers(consumers, source, target, head, signal);
  const results = await copyResults(from, target, signal);
  if (verify) {
    await verifyEvents(source, target, head, signal, (done) => onProgress?.({ step: "verifying", done, total: head }));
  }
  return { events: head, copied: head - start, snapshots, consumers: consumers.length, parked, results };
}
