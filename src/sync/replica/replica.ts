import { createCondition } from "../../async/condition.ts";
import { isEventStoreError, storeClosed } from "../../errors.ts";
import { asyncDispose, createAbort, orAborted } from "../../platform.ts";
import { syncOf } from "../../storage/capabilities.ts";
import type { FollowedItem } from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import type { EventWatcher } from "../../subscriptions/watch.ts";
import { checkOptions, checkVerb } from "../../validate.ts";
import { createBackOff } from "./back-off.ts";
import { apart, isFinal } from "./errors.ts";
import { projectPending, readShown, watchPending } from "./handles.ts";
import { FOLLOWED, toItems } from "./items.ts";
import { createOutbox } from "./outbox.ts";
import { speaking, verbs } from "./parts.ts";
import type { Deciders } from "./pending/predict.ts";
import { createPendingQueries } from "./pending-queries.ts";
import { toPushedAppend } from "./pushed.ts";
import type { ReplicaWatcher, ReplicaWatchAllOptions } from "./reading/reads.ts";
import type { ReplicaContext, StartContext } from "./replica-context.ts";
import type { Replica } from "./replica-methods.ts";
import { createReplicaStream } from "./replica-stream.ts";
import { speak } from "./speak.ts";
import type { Speaker, SpeakerParts } from "./speaking/speaking.ts";
import { createPresence } from "./status/presence.ts";
import { createStatus } from "./status/shared-status.ts";
import type { OutboxItem, ReplicaNews, ReplicaStatus, UnfollowOptions } from "./status/status.ts";
import { toItem } from "./to-item.ts";

/** How a replica works. */
export interface ReplicaParts extends SpeakerParts {
  readonly items: readonly FollowedItem[];
  readonly deciders: Deciders;
  /** The most entries of the outbox; further ones are refused with `outbox-full`. */
  readonly most: number;
  readonly onRejected?: ((item: OutboxItem) => void) | undefined;
}

/** Starts a replica of an open store. */
export async function startReplica(context: StoreContext, parts: ReplicaParts): Promise<Replica> {
  context.ensureOpen();
  const { timing, items, deciders, most, onRejected } = parts;
  const sync = syncOf(context.storage);
  await sync.follow(items);
  const outbox = createOutbox(context, sync);
  /** Speaks with the hub, if this client ever has. */
  let speaker: Speaker | undefined;
  /** What the verbs share, if one was used. */
  let shared: ReplicaContext | undefined;
  const changes = createCondition();
  const closing = createAbort();
  const listeners = new Set<(news: ReplicaNews) => void>();
  const pausing = createBackOff(timing);
  const closed = closing.signal;
  const isAsked = (id: string): boolean => speaker?.isAsked(id) === true;
  const start: StartContext = {
    context,
    sync,
    outbox,
    changes,
    most,
    deciders,
    closed,
    isAsked,
    async use(call, signal) {
      checkOptions({ signal }, ["signal"]);
      const code = await orAborted(verbs, signal);
      return call(code, (shared ??= code.createContext(start)));
    },
  };
  const first = await outbox.view().catch((error: unknown) => {
    outbox.stop();
    throw error;
  });
  // From here on, the store's end is this replica's.
  context.ensureOpen();
  let looked = first.reading;
  /** The ids of rejected entries that are known. */
  let rejected = new Set(
    first
      .entries()
      .filter((entry) => entry.rejected !== null)
      .map(({ id }) => id),
  );
  const counts = { pending: first.count - rejected.size, rejected: rejected.size };
  const status = createStatus(context, counts, () => tell([]), hurry);

  function show(next: Partial<ReplicaStatus>): void {
    // Whatever still comes to an end once the replica is closed, it stays stopped.
    if (closed.aborted && next.connection !== "stopped") return;
    status.show(next);
  }

  function tell(news: readonly OutboxItem[]): void {
    changes.notify();
    for (const listener of [...listeners]) apart(() => listener({ rejected: news }));
  }

  function subscribe(listener: (news: ReplicaNews) => void): () => void {
    checkVerb(listener, "call", "listener", "a function");
    // Wrapped, so that a listener can be subscribed twice and unsubscribed once.
    const wrapped = (news: ReplicaNews): void => listener(news);
    if (!closed.aborted) listeners.add(wrapped);
    return () => listeners.delete(wrapped);
  }

  /** `online`: the network was away, so that connections are probably lost. */
  function hurry(online = false): void {
    pausing.hurry();
    speaker?.hurry(online);
  }

  const presence = createPresence(status.sleep, (online) => {
    status.wake();
    hurry(online);
    status.hurry(online);
  });
  const load = async (): Promise<Speaker> => (speaker ??= (await speaking()).createSpeaker(start, parts, show));
  const ended = speak({ context, closed, timing, presence, pausing, load, show }).catch((error: unknown) => {
    if (closed.aborted) return;
    show({ connection: isEventStoreError(error, "unauthorized") ? "unauthorized" : "stopped", error });
    if (!isFinal(error)) throw error;
  });
  const watching = watch();

  async function watch(): Promise<void> {
    while (!closed.aborted) {
      const seen = outbox.changes();
      await look().catch(() => tell([]));
      if (outbox.changes() === seen) await outbox.news.wait();
    }
  }

  /** Tells of what has changed in the outbox, or of stored events. */
  async function look(): Promise<void> {
    const { reading, count } = await outbox.view();
    await shared?.receipts.look();
    let news: readonly OutboxItem[] = [];
    // Most changes only add entries, which are pending.
    if (reading !== looked) {
      looked = reading;
      // What the application is being asked about is no news yet.
      const refused = reading.entries.filter((entry) => entry.rejected !== null && !isAsked(entry.id));
      news = refused.filter(({ id }) => !rejected.has(id)).map(toItem);
      rejected = new Set(refused.map(({ id }) => id));
    }
    if (closed.aborted) return;
    show({ pending: count - rejected.size, rejected: rejected.size });
    tell(news);
    for (const item of news) apart(() => onRejected?.(item));
  }

  // The store waits for it, so that the lease is free for whoever opens the database next.
  let ending: Promise<void> | undefined;
  const close = (): Promise<void> => (ending ??= end());

  async function end(): Promise<void> {
    closing.abort(storeClosed());
    outbox.stop();
    presence.stop();
    show({ connection: "stopped", progress: undefined });
    status.sleep();
    await Promise.all([ended, watching]);
    listeners.clear();
    ignoreClose();
  }
  const ignoreClose = context.onClose(close);

  /** What is given counts as it is at the call. */
  async function change(
    verb: "follow" | "unfollow",
    given: UnfollowOptions,
    ...more: readonly string[]
  ): Promise<void> {
    checkOptions(given, [...FOLLOWED, ...more]);
    const named = toItems(given);
    const { discardPending } = given;
    return start.use((code, own) => code[verb](own, named, discardPending));
  }

  return {
    stream: (name) => createReplicaStream(start, name),
    async append(entries, options = {}) {
      context.ensureOpen();
      checkOptions(options, ["key"]);
      const pushed = toPushedAppend(start, entries, undefined, options.key);
      return start.use((code, own) => code.queueAppend(own, pushed));
    },
    read: (options = {}) => readShown(start, undefined, options),
    watch: ((options: ReplicaWatchAllOptions = {}) => watchPending(start, undefined, options)) as {
      (options?: ReplicaWatchAllOptions): ReplicaWatcher<never>;
    } & ((options: ReplicaWatchAllOptions) => EventWatcher<never>),
    load: (projection, options = {}) =>
      start.use((code, own) => code.loadAllShown(own, projection, options), options?.signal),
    project: (projection, options = {}) => projectPending(start, projection, options),
    get status() {
      return status.now;
    },
    subscribe,
    ...createPendingQueries(start, subscribe),
    pending: () => start.use((code, own) => code.listPending(own)),
    rejected: () => start.use((code, own) => code.listRejected(own)),
    retry: (id) => start.use((code, own) => code.retry(own, id)),
    discard: (id) => start.use((code, own) => code.discard(own, id)),
    flush: (signal) => start.use((code, own) => code.flush(own, signal), signal),
    follow: (streams) => change("follow", streams),
    unfollow: (streams) => change("unfollow", streams, "discardPending"),
    hurry() {
      hurry();
      status.hurry(false);
    },
    close,
    [asyncDispose]: close,
  };
}
