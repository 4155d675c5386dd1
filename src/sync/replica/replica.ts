import { createCondition } from "../../async/condition.ts";
import { invalidArgument, isEventStoreError, storeClosed } from "../../errors.ts";
import { asyncDispose, createAbort, refuseAborted } from "../../platform.ts";
import { syncOf } from "../../storage/capabilities.ts";
import type { FollowedItem, OutboxEntry } from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import type { PushedEntry, Reason, Transport } from "../messages.ts";
import type { Timing } from "../timing.ts";
import { createBackOff } from "./back-off.ts";
import { createOutbox } from "./outbox.ts";
import type { Deciders } from "./predict.ts";
import { createPendingQueries } from "./pending-queries.ts";
import { identityOf, queueEntry } from "./queue-entry.ts";
import { createReceipts } from "./receipts.ts";
import type { OutboxItem, Replica } from "./replica-methods.ts";
import { createReplicaStream } from "./replica-stream.ts";
import { isFinal, type Session } from "./session.ts";
import { createStatus } from "./shared-status.ts";
import { createPresence } from "./presence.ts";
import { MOST_ENTRIES } from "./push.ts";
import { speak } from "./speak.ts";

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
}

/** Starts a replica of an open store. */
export async function startReplica(context: StoreContext, parts: ReplicaParts): Promise<Replica> {
  context.ensureOpen();
  const { transport, timing, items, deciders, most, patience, near = 5_000 } = parts;
  const sync = syncOf(context.storage);
  await sync.follow(items);
  const outbox = createOutbox(context, sync);
  const receipts = createReceipts(outbox);
  const changes = createCondition();
  const closing = createAbort();
  const listeners = new Set<() => void>();
  const pulling = createBackOff(timing);
  const pushing = createBackOff(timing);
  const status = createStatus(context, tell, hurry);

  function tell(): void {
    changes.notify();
    for (const listener of [...listeners]) listener();
  }

  /** `online`: the network was away, so that connections are probably lost. */
  function hurry(online = false): void {
    for (const wake of session.requests) wake(online);
    pulling.hurry();
    pushing.hurry();
  }

  const session: Session = {
    sync,
    outbox,
    transport,
    timing,
    pulling,
    pushing,
    answered: new Map(),
    delayed: new Set(),
    most: MOST_ENTRIES,
    patience,
    near,
    clock: context.clock,
    requests: new Set(),
    onConnection: (connection, error) => {
      if (closing.signal.aborted) return;
      const before = status.own.connection;
      if (connection !== before || error !== status.own.error) status.show({ connection, error });
      // Nothing is pushed before the hub has been reached. Later lines do not shorten a pause.
      if (isReached(connection) && !isReached(before)) pushing.hurry();
    },
    onGone: (gone) => {
      if (gone.join("\n") !== status.own.gone.join("\n")) status.show({ gone });
    },
  };
  const presence = createPresence(status.sleep, (online) => {
    status.wake();
    hurry(online);
    status.hurry(online);
  });
  const speaking = speak(context, session, presence, closing.signal).catch((error: unknown) => {
    if (closing.signal.aborted) return;
    status.show({ connection: isEventStoreError(error, "unauthorized") ? "unauthorized" : "stopped", error });
    if (!isFinal(error)) throw error;
  });
  const watching = watch();

  async function watch(): Promise<void> {
    while (!closing.signal.aborted) {
      const seen = outbox.changes;
      await receipts.look().catch(() => undefined);
      tell();
      if (outbox.changes === seen) await outbox.news.wait(closing.signal).catch(() => undefined);
    }
  }

  function subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  async function list(rejected: boolean): Promise<readonly OutboxItem[]> {
    const { entries } = await outbox.view();
    return entries.filter((entry) => (entry.rejected !== null) === rejected).map(toItem);
  }

  async function close(): Promise<void> {
    ignoreClose();
    if (closing.signal.aborted) return;
    closing.abort(storeClosed());
    outbox.stop();
    presence.stop();
    receipts.end(storeClosed());
    status.show({ connection: "stopped" });
    status.sleep();
    await Promise.all([speaking, watching]);
    listeners.clear();
  }
  const ignoreClose = context.onClose(() => void close());

  return {
    stream: (name) => createReplicaStream({ context, sync, outbox, most, deciders, receipts }, name),
    get status() {
      return status.now;
    },
    subscribe,
    ...createPendingQueries({ context, outbox, deciders, closing: closing.signal, onChange: subscribe }),
    pending: () => list(false),
    rejected: () => list(true),
    async retry(id) {
      const entry = (await outbox.view()).entries.find((one) => one.id === id && one.rejected !== null);
      if (entry === undefined) throw invalidArgument("id", "no rejected command or append has this id");
      const again = { ...(JSON.parse(entry.body) as PushedEntry), key: context.newId() };
      await queueEntry({ context, sync, outbox, most }, again, { replaces: id });
      return identityOf(context, again).id;
    },
    async discard(id) {
      const entry = (await outbox.view()).entries.find((one) => one.id === id);
      if (entry?.rejected === null) throw invalidArgument("id", "this is pending: the hub may have taken it already");
      await sync.settle({ id, rejected: null });
      outbox.changed();
    },
    async flush(signal) {
      for (;;) {
        refuseAborted(signal);
        const seen = outbox.changes;
        if ((await list(false)).length === 0) return;
        if (closing.signal.aborted) throw storeClosed();
        if (outbox.changes === seen) await changes.wait(signal);
      }
    },
    hurry() {
      hurry();
      status.hurry(false);
    },
    close,
    [asyncDispose]: close,
  };
}

function isReached(connection: string): boolean {
  return connection === "live" || connection === "catching-up";
}

function toItem({ id, streams, body, timestamp, rejected }: OutboxEntry): OutboxItem {
  const item = { id, streams, entry: JSON.parse(body) as PushedEntry, timestamp };
  return rejected === null ? item : { ...item, rejected: JSON.parse(rejected) as Reason };
}
