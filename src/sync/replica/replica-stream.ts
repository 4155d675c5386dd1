import type { Decider } from "../../deciders/decider.ts";
import { commandKey } from "../../deciders/idempotency-key.ts";
import { EventStoreError, mustBe } from "../../errors.ts";
import type { Event, ExpectedVersion, Metadata, NewEvent } from "../../event.ts";
import { toJson } from "../../events/json.ts";
import { freezeState } from "../../projections/freeze-state.ts";
import type { Projection } from "../../projections/projection.ts";
import { checkName, checkOptions } from "../../validate.ts";
import { isExpected } from "../../storage/plan-append.ts";
import type { EventRecord } from "../../storage/protocol.ts";
import { covers } from "../../storage/sync-rules.ts";
import type { PushedAppend, PushedCommand } from "../messages.ts";
import { createLivePending, type LivePending } from "./live-pending.ts";
import { predict, toPending, toRecords, type Deciders, type PendingEvent, type Prediction } from "./predict.ts";
import { identityOf, queueEntry, type QueueParts } from "./queue-entry.ts";
import type { Receipts } from "./receipts.ts";

/** A state of a stream, with what is pending. */
export interface LoadedPending<State> {
  /** The state with what is pending. */
  readonly state: State;
  /** The version with what is pending; provisional if `pending` is not 0. */
  readonly version: number;
  /** How many commands and appends in the state the hub has not confirmed. */
  readonly pending: number;
}

/** A command or an append that is durable here. */
export interface Queued {
  /** Its id in the outbox. */
  readonly id: string;
  /** Its events as they were decided here; empty if it was queued before. */
  readonly events: readonly PendingEvent[];
  /** Resolves once the hub has confirmed it; rejects with `entry-rejected`. */
  readonly confirmed: Promise<void>;
}

/** How to queue a command. */
export interface QueueCommandOptions {
  /** Makes repeated calls with the same key on the same stream one command. Default: each call is a command of its own. */
  readonly key?: string | undefined;
  /** Metadata for each event. */
  readonly metadata?: Metadata | undefined;
}

/** How to queue an append. */
export interface QueueAppendOptions {
  /** Makes repeated calls with the same key one append. */
  readonly key?: string | undefined;
  /** The version that the stream must have, here with what is pending and then at the hub. Default "any". */
  readonly expectedVersion?: ExpectedVersion | undefined;
}

/** A handle on a followed stream. */
export interface ReplicaStream<E extends Event = Event> {
  /** The name of the stream. */
  readonly name: string;
  /**
   * Decides a command on the state with what is pending, and queues it for the hub, whose decision is final. Resolves once it is durable
   * here.
   *
   * @throws what the decider throws; `invalid-argument` for a stream that is not followed or an unknown decider; `invalid-event`,
   * `outbox-full`, `store-closed`, or a storage code.
   *
   * @example
   * ```ts
   * const account = replica.stream<AccountEvent>("account-1");
   * await account.append({ type: "deposited", data: { amount: 5 } });
   * const { confirmed } = await account.execute("withdrawal", { withdraw: 2 });
   * await confirmed;
   * console.log(await store.stream("account-1").version()); // → 2
   * ```
   */
  execute(decider: string, command: unknown, options?: QueueCommandOptions): Promise<Queued>;
  /**
   * Queues events for the hub, which appends all of them or none. Resolves once they are durable here.
   *
   * @throws `version-conflict` if the stream has another version than `expectedVersion`, with what is pending; `invalid-argument` for a
   * stream that is not followed; `invalid-event`, `outbox-full`, `store-closed`, or a storage code.
   *
   * @example
   * ```ts
   * const account = replica.stream<AccountEvent>("account-1");
   * const { events } = await account.append({ type: "deposited", data: { amount: 5 } });
   * console.log(events.map(({ version, pending }) => [version, pending])); // → [ [ 1, true ] ]
   * ```
   */
  append(events: NewEvent<E> | readonly NewEvent<E>[], options?: QueueAppendOptions): Promise<Queued>;
  /**
   * Folds the stream with what is pending.
   *
   * @throws `projection-failed`, `store-closed`, or a storage code.
   *
   * @example
   * ```ts
   * const account = replica.stream<AccountEvent>("account-1");
   * await account.append({ type: "deposited", data: { amount: 5 } });
   * console.log(await account.load(balance)); // → { state: 5, version: 1, pending: 1 }
   * ```
   */
  load<State>(projection: Projection<State>): Promise<LoadedPending<State>>;
  /**
   * Keeps a state of the stream up to date, with what is pending.
   *
   * @throws `store-closed`.
   *
   * @example
   * ```ts
   * const live = replica.stream<AccountEvent>("account-1").project(balance);
   * await live.loaded;
   * console.log(live.state, live.pending); // → 0 0
   * ```
   */
  project<State>(projection: Projection<State>): LivePending<State>;
}

/** The parts of a replica that its streams use. */
export interface StreamParts extends QueueParts {
  readonly deciders: Deciders;
  readonly receipts: Receipts;
}

export function createReplicaStream<E extends Event>(parts: StreamParts, name: string): ReplicaStream<E> {
  checkName(name, "stream");
  const { context, outbox, deciders, receipts } = parts;

  async function execute(decider: string, command: unknown, options: QueueCommandOptions = {}): Promise<Queued> {
    context.ensureOpen();
    checkOptions(options, ["key", "metadata"]);
    const found = deciderOf(decider);
    await ensureFollowed();
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
    for (;;) {
      const { generation, entries } = await outbox.view();
      const earlier = await find();
      if (earlier !== undefined) return { id, events: [], confirmed: Promise.resolve() };
      if (entries.some((one) => one.id === id)) return receipt(id, []);
      const { state, version } = await found._rivulet.load(context, name, {});
      const before = await predict(context, deciders, name, entries, version);
      const now = before.events.reduce((one, event) => found._rivulet.step(one, event), state);
      const made = toRecords(context, found._rivulet.decide(given, freezeState(now), idOf), metadata);
      if (made.length === 0) return { id, events: [], confirmed: Promise.resolve() };
      const outcome = await queueEntry(parts, entry, { generation });
      if (outcome !== "moved") return receipt(id, outcome === "known" ? [] : await provisional(made, before, version));
    }
  }

  async function append(
    events: NewEvent<E> | readonly NewEvent<E>[],
    options: QueueAppendOptions = {},
  ): Promise<Queued> {
    context.ensureOpen();
    checkOptions(options, ["key", "expectedVersion"]);
    const { key = context.newId(), expectedVersion = "any" } = options;
    const all = (Array.isArray(events) ? events : [events]) as readonly NewEvent[];
    if (all.length === 0) throw mustBe("events", "at least one event");
    await ensureFollowed();
    const records = toRecords(context, all, undefined).map(undrawn);
    const entry: PushedAppend = { kind: "append", key, entries: [{ stream: name, expectedVersion, events: records }] };
    for (;;) {
      const { generation, entries } = await outbox.view();
      const version = await context.storage.version(name);
      const before = await predict(context, deciders, name, entries, version);
      const actual = version + before.events.length;
      if (!isExpected(expectedVersion, actual)) throw conflict(name, expectedVersion, actual);
      const known = expectedVersion === "any" ? {} : { generation };
      const outcome = await queueEntry(parts, entry, known);
      if (outcome !== "moved")
        return receipt(key, outcome === "known" ? [] : await provisional(records, before, version));
    }
  }

  /** The events of a new entry, on top of what was pending before. */
  async function provisional(
    records: readonly EventRecord[],
    { events }: Prediction,
    confirmed: number,
  ): Promise<readonly PendingEvent[]> {
    const head = (await context.storage.head()) + events.length;
    const version = confirmed + events.length;
    const timestamp = context.clock();
    return records.map((record, index) =>
      toPending(context, record, { stream: name, position: head + index + 1, version: version + index + 1, timestamp }),
    );
  }

  /** Events of another stream would be stored at the hub, and never arrive here. */
  async function ensureFollowed(): Promise<void> {
    const { items } = await parts.sync.loadReplica();
    if (!items.some((item) => covers(item, name))) throw mustBe("stream", "one that the replica follows");
  }

  function deciderOf(decider: string): Decider<unknown, unknown> {
    const found = Object.hasOwn(deciders, decider) ? deciders[decider] : undefined;
    if (found === undefined) throw mustBe("decider", `the name of one of the replica's deciders`);
    return found;
  }

  function receipt(id: string, events: readonly PendingEvent[]): Queued {
    return { id, events, confirmed: receipts.of(id) };
  }

  return {
    name,
    execute,
    append,
    project(projection) {
      context.ensureOpen();
      return createLivePending(parts, name, projection);
    },
    async load(projection) {
      context.ensureOpen();
      const { entries } = await outbox.view();
      const { state, version } = await projection._rivulet.load(context, name, {});
      const { events, pending } = await predict(context, deciders, name, entries, version);
      const now = events.reduce((before, event) => projection._rivulet.step(before, event), state);
      return { state: freezeState(now), version: version + events.length, pending };
    },
  };
}

function conflict(stream: string, expected: ExpectedVersion, actual: number): EventStoreError {
  const message = `stream "${stream}" is at version ${actual} here, with what is pending, but ${expected} was expected`;
  return new EventStoreError("version-conflict", message, { stream, expected, actual, events: [], complete: false });
}

/** Whether an id was drawn matters to the store that stores the event, and the hub does. */
function undrawn({ id, type, schemaVersion, data, metadata }: EventRecord): EventRecord {
  return { id, type, schemaVersion, data, metadata };
}
