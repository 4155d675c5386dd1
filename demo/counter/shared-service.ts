import { isEventStoreError, type EventStore, type StoredEvent } from "rivulet";
import type { Replica } from "rivulet/sync";
import { createSteps } from "./append-many.ts";
import { Refusal, streamOf, type Command } from "./commands.ts";
import { nextOf } from "./counter.ts";
import type { CounterEvent } from "./events.ts";
import { foldsOf } from "./folds.ts";
import { openReadSide, type ServiceOptions } from "./read-side.ts";
import type { CounterService, Sender } from "./service.ts";

export interface SharedOptions extends ServiceOptions {
  /** The name of this device, which its events carry. */
  readonly device: string;
  /** Runs a task during which this device does not speak with the hub. */
  readonly apart: <Result>(task: () => Promise<Result>) => Promise<Result>;
  /** Sends a command to the hub as somebody else, until the signal is aborted. */
  readonly elsewhere: (command: Command, signal: AbortSignal | undefined) => Promise<void>;
}

/** Opens the counters that a store shares with others through a hub. Commands work offline, and are pending until the hub has decided them. */
export async function openSharedService(
  store: EventStore,
  replica: Replica,
  { device, apart, elsewhere, folds = foldsOf(), ...options }: SharedOptions,
): Promise<CounterService> {
  const { model, facts, ...readSide } = await openReadSide(store, { ...options, folds }, replica);
  const counters = replica.project(folds.counters);
  await Promise.all([counters.loaded, model.caughtUp()]);

  async function execute(
    command: Command,
    sender: Sender,
  ): Promise<{ id: string; confirmed: Promise<readonly StoredEvent[]> }> {
    return replica.stream(streamOf(command)).execute("counter", command, { metadata: { ...sender, device } });
  }

  /** Undoes or redoes the change that is the last one here. When the hub decides, another may be the last one there. */
  async function executeNamed(command: Command, tab: string): ReturnType<typeof execute> {
    const { type } = command;
    if (type !== "undo" && type !== "redo") return execute(command, { tab });
    const { stream } = command;
    const counter = (await replica.load(folds.counters)).state[stream];
    const event = counter?.open === true ? nextOf(counter, type) : undefined;
    return execute(event === undefined ? command : { type: "take-back", stream, event }, { tab });
  }

  let before: Promise<unknown> = Promise.resolve();
  /** Commands run in turn, so that two undos are of two changes. */
  function executeInTurn(command: Command, tab: string): ReturnType<typeof execute> {
    const queued = before.then(() => executeNamed(command, tab));
    before = queued.catch(() => undefined);
    return queued;
  }

  return {
    ...readSide,
    counters,
    async run(command, tab, onDecided) {
      const { id, confirmed } = await executeInTurn(command, tab);
      confirmed.then(
        // The hub may have decided that nothing happened: that is no refusal.
        ([event]) => event !== undefined && onDecided?.(event),
        // What the hub refuses is in the list of refused commands.
        (error: unknown) => isEventStoreError(error, "entry-rejected") && onDecided?.(undefined),
      );
      return id;
    },
    async appendMany(stream, count, sender, { onProgress, signal } = {}) {
      if (counters.state[stream]?.open !== true) throw new Refusal("There is no such counter.");
      let done = 0;
      for (const events of createSteps(count, { ...sender, device })) {
        signal?.throwIfAborted();
        await replica.stream<CounterEvent>(stream).append(events);
        done += events.length;
        onProgress?.({ done, total: count });
      }
    },
    async conflict(stream, sender, { onWritten, signal } = {}) {
      const { expected, id, confirmed } = await apart(async () => {
        const version = await store.stream(stream).version();
        await elsewhere({ type: "add", stream, by: 1 }, signal);
        return { expected: version, ...(await execute({ type: "add", stream, by: 10 }, sender)) };
      });
      onWritten?.();
      // The hub may be out of reach by now, and for how long is not known.
      await unlessAborted(confirmed, signal);
      const events = await store.stream(stream).read({ after: expected }).toArray();
      const mine = events.findIndex((event) => event.id === id);
      const retried = events[mine]?.version ?? expected;
      const unseen = events.slice(0, mine);
      return { expected, winner: unseen[0]?.version ?? expected, actual: retried - 1, unseen, retried };
    },
    facts: () => facts(Object.keys(counters.state)),
    async close() {
      await replica.close();
      await store.close();
    },
  };
}

/** Waits for a promise, but no longer than until the signal is aborted. */
function unlessAborted<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal?.reason);
    promise.then(resolve, reject);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}
