import type { Decider } from "../../deciders/decider.ts";
import { commandKey } from "../../deciders/idempotency-key.ts";
import { mustBe } from "../../errors.ts";
import type { Event, NewEvent, StoredEvent } from "../../event.ts";
import { toJson } from "../../events/json.ts";
import { freezeState } from "../../projections/freeze-state.ts";
import type { EventRecord } from "../../storage/protocol.ts";
import { watch, type EventWatcher, type WatchOptions } from "../../subscriptions/watch.ts";
import { checkName, checkOptions } from "../../validate.ts";
import type { PushedCommand } from "../messages.ts";
import { createLivePending } from "./reading/live-pending.ts";
import { loadShown } from "./reading/load-shown.ts";
import { lazily, toPendingEvents, toRecords, type PendingEvent } from "./pending/predict.ts";
import { queueAppend } from "./outbox/queue-append.ts";
import type { Planned, PlannedOn } from "./outbox/queue.ts";
import { identityOf, toEnqueue, toQueued } from "./outbox/queue-entry.ts";
import { readShown } from "./reading/read-shown.ts";
import type { ReplicaWatcher, WithPending } from "./reading/reads.ts";
import type { ReplicaContext } from "./replica-context.ts";
import { isFollowed } from "./pending/shown.ts";
import type { Queued, QueueAppendOptions, QueueCommandOptions, ReplicaStream } from "./stream-methods.ts";
import { watchShown } from "./reading/watch-shown.ts";

export function createReplicaStream<E extends Event>(parts: ReplicaContext, name: string): ReplicaStream<E> {
  checkName(name, "stream");
  const { context, outbox, queue, deciders, predictions, receipts } = parts;

  async function execute(decider: string, command: unknown, options: QueueCommandOptions = {}): Promise<Queued> {
    context.ensureOpen();
    checkOptions(options, ["key", "metadata"]);
    const found = deciderOf(decider);
    const { key = context.newId(), metadata } = options;
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
    return queue(plan);

    async function plan({ view, added, generation }: PlannedOn): Promise<Planned<Queued> | undefined> {
      ensureFollowed(isFollowed(view.items, name));
      if (view.reading.byId.has(id)) return { result: () => receipt(id, () => []) };
      if (added.has(name)) return undefined;
      const { version, predicted } = await predictions.newest(name, view);
      let made: readonly EventRecord[];
      try {
        const state = freezeState(await predicted.stateAfter(decider));
        made = toRecords(context, found._rivulet.decide(given, state, idOf), metadata);
      } catch (error) {
        const earlier = await done();
        if (earlier !== undefined) return earlier;
        throw error;
      }
      if (made.length === 0) return (await done()) ?? { result: () => nothing([]) };
      const request = toEnqueue(parts, entry, { generation });
      let head = 0;
      const before = predicted.count;
      const events = lazily(() =>
        toPendingEvents(context, made, {
          ...{ stream: name, position: head + before, version: version + before },
          timestamp: request.entry.timestamp,
        }),
      );
      return {
        request,
        streams: [{ stream: name, version, predicted, shown: { count: made.length, events } }],
        async settle(outcome, as) {
          const queued = receipt(id, outcome === "known" ? () => [] : events);
          if (outcome === "queued") head = as?.head ?? (await context.storage.head());
          return queued;
        },
      };
    }

    /** A command that was executed before may be refused now, or have nothing to do. The storage finds it if it is queued. */
    async function done(): Promise<Planned<Queued> | undefined> {
      const earlier = options.key === undefined ? undefined : await find();
      return earlier && { result: () => nothing(earlier) };
    }

    function nothing(events: readonly StoredEvent[]): Queued {
      return { id, events: [], confirmed: Promise.resolve(events) };
    }

    function receipt(one: string, events: () => readonly PendingEvent[]): Queued {
      return toQueued(one, events, receipts.of(one, findDecided));
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
      const { pending = true, ...rest } = options;
      return pending ? watchShown(parts, name, rest) : watch(context, name, rest);
    }) as { (options?: WatchOptions): ReplicaWatcher } & ((options: WatchOptions) => EventWatcher),
    async version(options = {}) {
      context.ensureOpen();
      checkOptions(options, ["pending"]);
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
