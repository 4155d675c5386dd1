import { mustBe } from "../errors.ts";
import type { EventStore } from "../store/event-store.ts";
import { checkChoice, checkInteger, checkOptions } from "../validate.ts";
import { contextOf } from "./context-of.ts";
import { checkFunctions, checkObject } from "./option-checks.ts";
import type { HttpTransportOptions } from "./replica/speaking/http-transport.ts";
import type { OnConflict } from "./replica/speaking/conflicts.ts";
import { FOLLOWED, toItems } from "./replica/items.ts";
import type { Deciders } from "./replica/pending/predict.ts";
import type { Replica } from "./replica/replica-methods.ts";
import { startReplica } from "./replica/replica.ts";
import type { CatchUpProgress, FollowedStreams, OutboxItem } from "./replica/status/status.ts";
import { realTiming } from "./timing.ts";

/** What a store follows, and how it reaches the hub. */
export interface FollowOptions extends HttpTransportOptions, FollowedStreams {
  /** The deciders of commands by name: those that the hub has under these names. */
  readonly deciders?: Deciders | undefined;
  /** The most commands and appends that wait for the hub; default 10,000. */
  readonly mostPending?: number | undefined;
  /**
   * Called with each command or append that the hub has refused for good. Every open client of the database hears of it; those that were
   * refused before are in `rejected()`.
   */
  readonly onRejected?: ((item: OutboxItem) => void) | undefined;
  /**
   * Called when the hub refuses an append because of its `expectedVersion`, once the events that it conflicts with are here. What it
   * returns replaces the append: other events, or the same with another version. With undefined, or if it throws, the append is rejected.
   * Only the client that speaks with the hub calls it.
   */
  readonly onConflict?: OnConflict | undefined;
  /** Called while history is fetched, after each part of it that is stored. */
  readonly onProgress?: ((progress: CatchUpProgress) => void) | undefined;
}

/** Without any sign for this long, in milliseconds, the hub is taken for gone. A hub gives one every 15 seconds. */
const PATIENCE = 40_000;

/**
 * Makes a store a replica of a hub: the hub orders the events of the streams that are followed, and what is done to them here is pending
 * until the hub has confirmed it. The store's other streams remain its own.
 *
 * @throws `invalid-argument` or `store-closed`; `storage-unavailable` if the adapter cannot keep an outbox; another storage
 * code.
 *
 * @example
 * ```ts
 * const replica = await follow(store, {
 *   url: "https://example.org/sync",
 *   streams: ["account-1"],
 *   deciders: { withdrawal },
 * });
 * console.log(replica.status.connection); // → waiting
 * ```
 */
export async function follow(store: EventStore, options: FollowOptions): Promise<Replica> {
  checkOptions(options, OPTIONS);
  const { url, mode = "auto", deciders = {}, mostPending = 10_000, onRejected, onConflict, onProgress } = options;
  if (typeof url !== "string") throw mustBe("url", "a string");
  checkFunctions(options, "headers", "fetch");
  checkChoice(mode, "mode", "auto", "stream", "poll");
  checkObject(deciders, "deciders");
  checkInteger(mostPending, "mostPending", 1);
  const items = toItems(options);
  if (items.length === 0) throw mustBe("streams", "given, or streamPrefixes");
  return startReplica(contextOf(store), {
    transport: options,
    timing: realTiming,
    items,
    deciders,
    most: mostPending,
    patience: PATIENCE,
    onRejected,
    onConflict,
    onProgress,
  });
}

const OPTIONS = [
  "url",
  "headers",
  "fetch",
  "mode",
  ...FOLLOWED,
  "deciders",
  "mostPending",
  "onRejected",
  "onConflict",
  "onProgress",
];
