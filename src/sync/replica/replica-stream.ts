import type { Decider } from "../../deciders/decider.ts";
import { mustBe } from "../../errors.ts";
import type { Event, NewEvent, StoredEvent } from "../../event.ts";
import { toJson } from "../../events/json.ts";
import { freezeState } from "../../projections/freeze-state.ts";
import type { EventRecord } from "../../storage/protocol.ts";
import { watch, type EventWatcher, type WatchOptions } from "../../subscriptions/watch.ts";
import { checkName, checkOptions } from "../../validate.ts";
import type { PushedCommand } from "../messages.ts";
import { projectPending, readShown, watchPending } from "./handles.ts";
import { toPending, toRecords, type PendingEvent } from "./pending/predict.ts";
import { queueAppend } from "./outbox/queue-append.ts";
import { identityOfCommand, queueEntry } from "./outbox/queue-entry.ts";
import { reading } from "./parts.ts";
import type { ReplicaWatcher, WithPending } from "./reading/reads.ts";
import type { ReplicaContext } from "./replica-context.ts";
import { isFollowed } from "./pending/shown.ts";
import type { Queued, QueueAppendOptions, QueueCommandOptions, ReplicaStream } from "./stream-methods.ts";

export function createReplicaStream<E extends Event>(parts: ReplicaContext, name: string): ReplicaStream<E> {
  checkName(name, "stream");
  const { context, outbox, deciders, predictions, receipts } = parts;

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
    const { idOf, find } = found._rivulet.keyOf(context, name, key);
    const identity = identityOfCommand({ idOf });
    const { id } = identity;
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
      const outcome = await queueEntry(parts, identity, entry, { generation: view.generation });
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
      const { pending = true, ...rest } = options;
      return pending ? watchPending(parts, name, rest) : watch(context, name, rest);
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
      return (await reading()).loadShown(parts, name, projection, options);
    },
    project: (projection) => projectPending(parts, projection, { stream: name }),
  };
  return stream;
}

/** Events of another stream would be stored at the hub, and never arrive here. */
function ensureFollowed(followed: boolean): void {
  if (!followed) throw mustBe("stream", "one that the replica follows");
}
