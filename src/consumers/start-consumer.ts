import type { Consumer, ConsumeOptions, ConsumerFailure, ConsumerStatus } from "./consumer.ts";
import { begin } from "./begin.ts";
import type { ConsumerRun } from "./retry.ts";
import { listParked } from "./parked.ts";
import { lookUp } from "./checkpoint.ts";
import type { CheckedConsumer } from "./define-consumer.ts";
import { invalidArgument, isEventStoreError } from "../errors.ts";
import { checkPosition, checkOptions } from "../validate.ts";
import { asyncDispose, createAbort, refuseAborted, sleep, underSignals, type AbortSignalLike } from "../platform.ts";
import { runConsumer, type ConsumerRequests } from "./run-consumer.ts";
import { createLifecycle } from "../async/lifecycle.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** How often `caughtUp` of a waiting consumer reads the checkpoint of the active one, in milliseconds. */
const LOOK = 250;

/** Starts a consumer. @throws `invalid-argument`, `store-closed`, or the signal's reason. */
export function startConsumer(context: StoreContext, parts: CheckedConsumer, options: ConsumeOptions): Consumer {
  context.ensureOpen();
  checkOptions(options, ["signal"]);
  const { signal } = options;
  const { name } = parts;
  refuseAborted(signal);
  if (context.consuming.has(name)) {
    throw invalidArgument("name", `a consumer named "${name}" runs in this store already: close it first`);
  }
  context.consuming.add(name);

  const closing = createAbort();
  const cut = createAbort();
  let status: ConsumerStatus = "waiting";
  let position = 0;
  let failing: ConsumerFailure | undefined;
  let asked: { resolve(): void; reject(error: unknown): void }[] = [];

  let lineage: string | undefined;
  const run: ConsumerRun = {
    context,
    parts,
    lineage: async () => (lineage ??= (await context.storage.info()).lineage),
    closing: closing.signal,
    cut: cut.signal,
    tell: {
      active: (active) => become(active ? "active" : "waiting"),
      reached(now) {
        if (now === position) return;
        position = now;
        changed();
      },
      failing(now) {
        if (now === failing) return;
        failing = now;
        changed();
      },
    },
  };
  const requests: ConsumerRequests = {
    take: () => asked.splice(0),
    onAsked: () => undefined,
  };
  /** With an error, the signal of the handler's current call is aborted; without one, that call may finish. */
  const life = createLifecycle<[Consumer]>("the consumer", context, signal, ({ error }) => {
    const why = life.reason();
    closing.abort(why);
    if (error !== undefined) cut.abort(why);
    return finished;
  });

  // The first checkpoint is set at once, so that no later append is missed. The rest runs later, so that the caller can subscribe.
  const begun = begin(run);
  /** Why the first checkpoint was not saved. `close` rejects with it: started again, the consumer would begin at a later head. */
  let unkept: { readonly error: unknown } | undefined;
  begun.catch((error: unknown) => {
    if (life.end !== undefined && signal?.aborted !== true) life.end = unkept = { error };
  });
  const finished = begun
    .then(() => runConsumer(run, requests))
    .catch((error: unknown) => void (life.end ??= { error }))
    .then(finish);

  async function close(): Promise<void> {
    life.stop({});
    await finished;
    if (unkept !== undefined) throw unkept.error;
  }

  function finish(): void {
    context.consuming.delete(name);
    for (const { reject } of asked.splice(0)) reject(life.reason());
    become("stopped");
    life.finish();
  }

  function become(now: ConsumerStatus): void {
    if (now === status) return;
    status = now;
    changed();
  }

  function changed(): void {
    life.move();
    life.tell(consumer);
  }

  async function caughtUp(target: number | undefined, waiting: ConsumeOptions = {}): Promise<number> {
    checkOptions(waiting, ["signal"]);
    const until = waiting.signal;
    refuseAborted(until);
    if (target !== undefined) checkPosition(target, "position");
    const wanted = target ?? (status === "stopped" ? Infinity : await context.storage.head());
    for (;;) {
      if (status === "waiting") position = Math.max(position, await movedOr(lookAround, 0, until));
      if (position >= wanted) return position;
      if (status === "stopped") throw life.reason();
      await (status === "waiting" ? movedOr((either) => sleep(LOOK, either), undefined, until) : life.moved(until));
    }
  }

  /** Waits for a result or for a change, and cancels the slower one, so that a long wait does not accumulate listeners. */
  async function movedOr<T>(
    wait: (signal: AbortSignalLike) => Promise<T>,
    moved: T,
    until: ConsumeOptions["signal"],
  ): Promise<T> {
    const over = createAbort();
    return underSignals([until, over.signal], (either) =>
      Promise.race([wait(either), life.moved(either).then(() => moved)]).finally(() => over.abort()),
    );
  }

  /** Resolves with the checkpoint of the active client. If the user's `load` fails, resolves with 0: it is called again later. */
  async function lookAround(until: AbortSignalLike): Promise<number> {
    try {
      return await standing(until);
    } catch (error) {
      const refused = isEventStoreError(error, "lineage-changed") || isEventStoreError(error, "invalid-argument");
      if (parts.checkpoint === undefined || refused) throw error;
      return 0;
    }
  }

  async function standing(until?: AbortSignalLike): Promise<number> {
    await begun;
    return lookUp(run, until);
  }

  const consumer: Consumer = {
    name,
    get status() {
      return status;
    },
    get position() {
      return position;
    },
    get failing() {
      return failing;
    },
    get error() {
      return life.end?.error;
    },
    ended: life.ended,
    async lag() {
      context.ensureOpen();
      const [head, at] = await Promise.all([context.storage.head(), status === "active" ? position : standing()]);
      return Math.max(0, head - at);
    },
    subscribe: life.subscribe,
    caughtUp,
    async parked() {
      context.ensureOpen();
      return listParked(context, name);
    },
    async retryParked() {
      await new Promise<void>((resolve, reject) => {
        life.ensureRunning();
        asked.push({ resolve, reject });
        requests.onAsked();
      });
      return listParked(context, name);
    },
    close,
    [asyncDispose]: close,
  };
  return consumer;
}
