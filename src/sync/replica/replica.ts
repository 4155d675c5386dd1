import { createCondition } from "../../async/condition.ts";
import { isEventStoreError, storeClosed } from "../../errors.ts";
import { asyncDispose, createAbort, refuseAborted, throwApart } from "../../platform.ts";
import { syncOf } from "../../storage/capabilities.ts";
import type { FollowedItem } from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import type { EventWatcher } from "../../subscriptions/watch.ts";
import { checkOptions, checkVerb } from "../../validate.ts";
import type { Transport } from "../messages.ts";
import { withoutPending } from "../option-checks.ts";
import { schemasOf } from "../schemas.ts";
import type { Timing } from "../timing.ts";
import { createBackOff } from "./speaking/back-off.ts";
import { createConflicts, type OnConflict } from "./speaking/conflicts.ts";
import { toItems, unfollow } from "./items.ts";
import { createLivePending } from "./reading/live-pending.ts";
import { loadAllShown } from "./reading/load-shown.ts";
import { createOutbox } from "./outbox/outbox.ts";
import { createOutboxMethods, toItem } from "./outbox/outbox-methods.ts";
import type { Deciders } from "./pending/predict.ts";
import { createStreamPredictions } from "./pending/stream-predictions.ts";
import { createPendingQueries } from "./queries/pending-queries.ts";
import { createPresence } from "./status/presence.ts";
import { queueAppend } from "./outbox/queue-append.ts";
import { readShown } from "./reading/read-shown.ts";
import type { ReplicaWatcher, ReplicaWatchAllOptions, WithPending } from "./reading/reads.ts";
import { createReceipts } from "./outbox/receipts.ts";
import type { ReplicaContext } from "./replica-context.ts";
import type { Replica } from "./replica-methods.ts";
import { createReplicaStream } from "./replica-stream.ts";
import { isFinal, type LastingSession } from "./speaking/session.ts";
import { createStatus } from "./status/shared-status.ts";
import { speak } from "./speaking/speak.ts";
import type { CatchUpProgress, OutboxItem, ReplicaNews, ReplicaStatus } from "./status/status.ts";
import { watchConfirmed, watchShown } from "./reading/watch-shown.ts";

/** How a replica works, apart from the network. */
export interface ReplicaParts {
  readonly transport: Transport;
  readonly timing: Timing;
  readonly items: readonly FollowedItem[];
  readonly deciders: Deciders;
  /** The most entries of the outbox; further ones are refused with `outbox-full`. */
  readonly most: number;
  /** After how many milliseconds without any sign the hub is taken for gone. */
  readonly patience: number;
  /** An item that is more positions behind the hub than this is pulled on its own; default 5,000. */
  readonly near?: number;
  readonly onRejected?: ((item: OutboxItem) => void) | undefined;
  readonly onConflict?: OnConflict | undefined;
  readonly onProgress?: ((progress: CatchUpProgress) => void) | undefined;
}

/** Starts a replica of an open store. */
export async function startReplica(context: StoreContext, parts: ReplicaParts): Promise<Replica> {
  context.ensureOpen();
  const { transport, timing, items, deciders, most, patience, onRejected, onConflict, onProgress } = parts;
  const sync = syncOf(context.storage);
  await sync.follow(items);
  const outbox = createOutbox(context, sync);
  const receipts = createReceipts(outbox, (id) => conflicts.has(id));
  const predictions = createStreamPredictions(context, deciders);
  const changes = createCondition();
  const closing = createAbort();
  const listeners = new Set<(news: ReplicaNews) => void>();
  const pulling = createBackOff(timing);
  const pushing = createBackOff(timing);
  const closed = closing.signal;
  const own: ReplicaContext = { context, sync, outbox, most, deciders, predictions, receipts, closed };
  const conflicts = createConflicts({ ...own, onConflict, timing, patience });
  const first = await outbox.view().catch((error: unknown) => {
    outbox.stop();
    throw error;
  });
  // From here on, the store's end is this replica's.
  context.ensureOpen();
  /** The ids of rejected entries that are known. */
  let rejected = new Set(first.entries.filter((entry) => entry.rejected !== null).map(({ id }) => id));
  const counts = { pending: first.entries.length - rejected.size, rejected: rejected.size };
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
    for (const wake of session.requests) wake(online);
    pulling.hurry();
    pushing.hurry();
  }

  const session: LastingSession = {
    sync,
    outbox,
    transport,
    timing,
    pulling,
    pushing,
    patience,
    near: parts.near ?? 5_000,
    schemas: schemasOf(context),
    clock: context.clock,
    requests: new Set(),
    conflicts,
    onConnection: (connection, error) => {
      show({ connection, error, progress: undefined });
    },
    onLine({ position, head, caughtUp, gone }) {
      const connection = caughtUp ? "live" : "catching-up";
      const before = status.own.connection;
      const progress = { position, head };
      show({ connection, error: undefined, gone, lag: head - position, progress: caughtUp ? undefined : progress });
      if (!caughtUp || before !== "live") apart(() => onProgress?.(progress));
      // Nothing is pushed before the hub has been reached. Later lines do not shorten a pause.
      if (before !== "live" && before !== "catching-up") pushing.hurry();
    },
  };
  const presence = createPresence(status.sleep, (online) => {
    status.wake();
    hurry(online);
    status.hurry(online);
  });
  const speaking = speak(context, session, presence, closed).catch((error: unknown) => {
    if (closed.aborted) return;
    show({ connection: isEventStoreError(error, "unauthorized") ? "unauthorized" : "stopped", error });
    if (!isFinal(error)) throw error;
  });
  const watching = watch();

  async function watch(): Promise<void> {
    while (!closed.aborted) {
      const seen = outbox.changes;
      await look().catch(() => tell([]));
      if (outbox.changes === seen) await outbox.news.wait(closed).catch(() => undefined);
    }
  }

  /** Tells of what has changed in the outbox, or of stored events. */
  async function look(): Promise<void> {
    const { entries } = await outbox.view();
    await receipts.look();
    // What the application is being asked about is no news yet.
    const refused = entries.filter((entry) => entry.rejected !== null && !conflicts.has(entry.id));
    const news = refused.filter(({ id }) => !rejected.has(id)).map(toItem);
    rejected = new Set(refused.map(({ id }) => id));
    if (closed.aborted) return;
    show({ pending: entries.length - refused.length, rejected: refused.length });
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
    receipts.end(storeClosed());
    show({ connection: "stopped", progress: undefined });
    status.sleep();
    await Promise.all([speaking, watching]);
    listeners.clear();
    ignoreClose();
  }
  const ignoreClose = context.onClose(close);

  return {
    stream: (name) => createReplicaStream(own, name),
    async append(entries, options = {}) {
      context.ensureOpen();
      checkOptions(options, ["key"]);
      return queueAppend(own, entries, (index) => `entries[${index}].`, options);
    },
    read: (options = {}) => readShown(own, undefined, options),
    watch: ((options: ReplicaWatchAllOptions & WithPending = {}) => {
      const { pending, rest } = withoutPending(options);
      return (pending ? watchShown : watchConfirmed)(own, undefined, rest);
    }) as {
      (options?: ReplicaWatchAllOptions): ReplicaWatcher<never>;
    } & ((options: ReplicaWatchAllOptions) => EventWatcher<never>),
    load: async (projection, options = {}) => loadAllShown(own, projection, options),
    project: (projection, options = {}) => createLivePending(own, projection, options),
    get status() {
      return status.now;
    },
    subscribe,
    ...createPendingQueries({
      context,
      outbox,
      states: { deciders, stateOf: predictions.stateOf },
      closing: closed,
      onChange: subscribe,
    }),
    ...createOutboxMethods(own),
    async flush(signal) {
      if (signal !== undefined) checkVerb(signal, "addEventListener", "signal", "an AbortSignal");
      for (;;) {
        refuseAborted(signal);
        const seen = outbox.changes;
        if ((await outbox.view()).entries.every((entry) => entry.rejected !== null)) return;
        if (closed.aborted) throw storeClosed();
        if (outbox.changes === seen) await changes.wait(signal);
      }
    },
    async follow(streams) {
      context.ensureOpen();
      checkOptions(streams, ["streams", "streamPrefixes"]);
      await sync.follow(toItems(streams));
      outbox.changed();
    },
    async unfollow(streams) {
      context.ensureOpen();
      await unfollow(sync, streams);
      outbox.changed();
    },
    hurry() {
      hurry();
      status.hurry(false);
    },
    close,
    [asyncDispose]: close,
  };
}

/** Calls a function of the application. What it throws is an unhandled error of the application. */
function apart(call: () => void): void {
  try {
    call();
  } catch (error) {
    throwApart(error);
  }
}
