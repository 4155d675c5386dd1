import type { Decider } from "../../deciders/decider.ts";
import { commandKey } from "../../deciders/idempotency-key.ts";
import { mustBe } from "../../errors.ts";
import type { Event, NewEvent, StoredEvent } from "../../event.ts";
import { toJson } from "../../events/json.ts";
import { freezeState } from "../../projections/freeze-state.ts";
import type { EventRecord } from "../../storage/protocol.ts";
import { watch, type EventWatcher, type WatchOptions } from "../../subscriptions/watch.ts";
import { checkName, checkOptions, isObject } from "../../validate.ts";
import type { PushedCommand } from "../messages.ts";
import { checkFlag, checkKey, withoutPending } from "../option-checks.ts";
import { createLivePending } from "./reading/live-pending.ts";
import { loadShown } from "./reading/load-shown.ts";
import { toPending, toRecords, type PendingEvent } from "./pending/predict.ts";
import { queueAppend } from "./outbox/queue-append.ts";
import { identityOf, queueEntry } from "./outbox/queue-entry.ts";
import { readShown } from "./reading/read-shown.ts";
import type { ReplicaWatcher, WithPending } from "./reading/reads.ts";
import type { ReplicaContext } from "./replica-context.ts";
import { isFollowed } from "./pending/shown.ts";
import type { Queued, QueueAppendOptions, QueueCommandOptions, ReplicaStream } from "./stream-methods.ts";
import { watchShown } from "./reading/watch-shown.ts";

export function createReplicaStream<E extends Event>(parts: ReplicaContext, name: string): ReplicaStream<E> {
  checkName(name, "stream");
  const { context, outbox, deciders, predictions, receipts } = parts;

  async function execute(decider: string, command: unknown, options: QueueCommandOptions = {}): Promise<Queued> {
    context.ensureOpen();
    checkOptions(options, ["key", "metadata"]);
    const found = deciderOf(decider);
    const { key = context.newId(), metadata } = options;
    checkKey(key);
    if (metadata !== undefined && !isObject(metadata)) throw mustBe("metadata", "an object");
    const entry: PushedCommand = {
      kind: "command",
      stream: name,
      decider,
      key,
      command: command === undefined ? null : toJson(command, "command"),
      metadata: metadata === undefined ? null : toJson(metadata, "metadata"),
    };
    // Decided as it is sent, so that the hub decides on the same command.
    const given: unknown = entry.command === null ? undefined : JSON.parse(entry.command);
    const { idOf, find } = commandKey(context, name, key);
    const { id } = identityOf(context, entry);
    for (;;) {
      const view = await outbox.view();
      ensureFollowed(isFollowed(view.items, name));
      const earlier = await find();
      if (earlier !== undefined) return { id, events: [], confirmed: Promise.resolve(earlier) };
      if (view.entries.some((one) => one.id === id)) return receipt(id, []);
      const version = await context.storage.version(name);
      const before = (await predictions.of(name, view, version)).events;
      const confirmed = await predictions.stateOf(decider, name, version);
      const now = before.reduce((state, event) => found._rivulet.step(state, event), confirmed);
      const made = toRecords(context, found._rivulet.decide(given, freezeState(now), idOf), metadata);
      if (made.length === 0) return { id, events: [], confirmed: Promise.resolve([]) };
      const outcome = await queueEntry(parts, entry, { generation: view.generation });
      if (outcome !== "moved")
        return receipt(id, outcome === "known" ? [] : await provisional(made, version, before.length));
    }

    function receipt(one: string, events: readonly PendingEvent[]): Queued {
      return { id: one, events, confirmed: receipts.of(one, findDecided) };
    }

    /** A command may lead to nothing; one of a stream that is no longer followed was discarded. */
    async function findDecided(): Promise<readonly StoredEvent[] | undefined> {
      return (await find()) ?? (isFollowed((await outbox.view()).items, name) ? [] : undefined);
    }
  }

  async function append(
    events: NewEvent<E> | readonly NewEvent<E>[],
    options: QueueAppendOptions = {},
  ): Promise<Queued> {
    context.ensureOpen();
    checkOptions(options, ["key", "expectedVersion"]);
    const { key, expectedVersion } = options;
    return queueAppend(parts, [{ stream: name, events, expectedVersion }], () => "", { key });
  }

  /** The events of a new command, on top of so many that are pending. */
  async function provisional(
    records: readonly EventRecord[],
    confirmed: number,
    pending: number,
  ): Promise<readonly PendingEvent[]> {
    const head = await context.storage.head();
    const timestamp = context.clock();
    return records.map((record, index) => {
      const number = pending + index + 1;
      return toPending(context, record, {
        stream: name,
        position: head + number,
        version: confirmed + number,
        timestamp,
      });
    });
  }

  function deciderOf(decider: string): Decider<unknown, unknown> {
    const found = Object.hasOwn(deciders, decider) ? deciders[decider] : undefined;
    if (found === undefined) throw mustBe("decider", `the name of one of the replica's deciders`);
    return found;
  }

  const stream: ReplicaStream<E> = {
    name,
    execute,
    append,
    read: (options = {}) => readShown(parts, name, options),
    watch: ((options: WatchOptions & WithPending = {}) => {
      const { pending, rest } = withoutPending(options);
      return pending ? watchShown(parts, name, rest) : watch(context, name, rest);
    }) as { (options?: WatchOptions): ReplicaWatcher } & ((options: WatchOptions) => EventWatcher),
    async version(options = {}) {
      context.ensureOpen();
      checkOptions(options, ["pending"]);
      checkFlag(options.pending, "pending");
      const view = await outbox.view();
      const version = await context.storage.version(name);
      if (options.pending === false) return version;
      return version + (await predictions.of(name, view, version)).events.length;
    },
    async load(projection, options = {}) {
      context.ensureOpen();
      return loadShown(parts, name, projection, options);
    },
    project: (projection) => createLivePending(parts, projection, { stream: name }),
  };
  return stream;
}

/** Events of another stream would be stored at the hub, and never arrive here. */
function ensureFollowed(followed: boolean): void {
  if (!followed) throw mustBe("stream", "one that the replica follows");
}
