import { mustBe } from "../errors.ts";
import type { EventStore } from "../store/event-store.ts";
import { checkName, checkOptions, checkPrefix } from "../validate.ts";
import { contextOf } from "./context-of.ts";
import { createHttpTransport, type HttpTransportOptions } from "./http-transport.ts";
import type { Deciders } from "./replica/predict.ts";
import type { Replica } from "./replica/replica-methods.ts";
import { startReplica } from "./replica/replica.ts";
import { realTiming } from "./timing.ts";

/** What a store follows, and how it reaches the hub. */
export interface FollowOptions extends HttpTransportOptions {
  /** Streams to follow, each of them whole. */
  readonly streams?: readonly string[] | undefined;
  /** Follows every stream whose name starts with one of these texts. */
  readonly streamPrefixes?: readonly string[] | undefined;
  /** The deciders of commands by name: those that the hub has under these names. */
  readonly deciders?: Deciders | undefined;
  /** The most commands and appends that wait for the hub; default 10,000. */
  readonly mostPending?: number | undefined;
}

/** Without any sign for this long, in milliseconds, the hub is taken for gone. A hub gives one every 15 seconds. */
const PATIENCE = 40_000;

/**
 * Makes a store a replica of a hub: the hub orders the events of the streams that are followed, and what is done to them here is pending
 * until the hub has confirmed it. The store's other streams remain its own.
 *
 * @throws `invalid-argument`, `store-closed`, `storage-unavailable` if the adapter cannot keep an outbox, or another storage code.
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
  const { streams = [], streamPrefixes = [], deciders = {}, mostPending = 10_000 } = options;
  if (streams.length + streamPrefixes.length === 0) throw mustBe("streams", "given, or streamPrefixes");
  streams.forEach((name) => checkName(name, "streams"));
  streamPrefixes.forEach((name) => checkPrefix(name, "streamPrefixes"));
  const items = [
    ...streams.map((name) => ({ kind: "stream" as const, name })),
    ...streamPrefixes.map((name) => ({ kind: "prefix" as const, name })),
  ];
  return startReplica(contextOf(store), {
    transport: createHttpTransport(options),
    timing: realTiming,
    items,
    deciders,
    most: mostPending,
    patience: PATIENCE,
  });
}

const OPTIONS = ["url", "headers", "fetch", "mode", "streams", "streamPrefixes", "deciders", "mostPending"];
