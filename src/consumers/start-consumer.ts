import type { Consumer, ConsumeOptions, ConsumerFailure, ConsumerSource, ConsumerStatus } from "./consumer.ts";
import { begin } from "./begin.ts";
import type { ConsumerRun } from "./retry.ts";
import { listParked } from "./parked.ts";
import { lookUp } from "./checkpoint.ts";
import type { CheckedConsumer } from "./define-consumer.ts";
import { EventStoreError, invalidArgument, isEventStoreError } from "../errors.ts";
import { checkInteger, checkOptions } from "../validate.ts";
import {
  asyncDispose,
  createAbort,
  onAbort,
  refuseAborted,
  sleep,
  throwApart,
  underSignals,
  type AbortSignalLike,
} from "../platform.ts";
import { runConsumer, type ConsumerRequests } from "./run-consumer.ts";
import { createTurnstile } from "../async/condition.ts";

/** While somebody waits for what another tab or process handles, its checkpoint is looked at so often, in milliseconds. */
const LOOK = 250;

/** Starts a consumer. Throws `invalid-argument`, `store-closed` and the signal's reason. */
export function startConsumer(source: ConsumerSource, parts: CheckedConsumer, options: ConsumeOptions): Consumer {
  source.ensureOpen();
  checkOptions(options, ["signal"]);
  const { signal } = options;
  const { name } = parts;
  refuseAborted(signal);
  if (source.consuming.has(name)) {
    throw invalidArgument("name", `a consumer named "${name}" runs in this store already: close it first`);
  }
  source.consuming.add(name);

  const closing = createAbort();
  const cut = createAbort();
  const moves = createTurnstile();
  const listeners = new Set<() => void>();
  let status: ConsumerStatus = "waiting";
  let position = 0;
  let failing: ConsumerFailure | undefined;
  let stopped: { readonly error?: unknown } | undefined;
  let asked: { resolve(): void; reject(error: unknown): void }[] = [];

  let lineage: string | undefined;
  const run: ConsumerRun = {
    source,
    parts,
    lineage: async () => (lineage ??= (await source.storage.info()).lineage),
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
  const ignoreAbort = onAbort(signal, () => void stop({ error: signal?.reason }));
  const ignoreClose = source.onClose((error) => stop({ error }));

  // At once: what is appended from here on is not passed over. The rest comes later, so that whoever starts it can subscribe.
  const begun = begin(run);
  /** Told also where it was closed: started again, it would begin at a later head and pass over what lies between. */
  let unkept: { readonly error: unknown } | undefined;
  begun.catch((error: unknown) => {
    if (stopped !== undefined && signal?.aborted !== true) stopped = unkept = { error };
  });
  const finished = begun
    .then(() => runConsumer(run, requests))
    .catch((error: unknown) => void (stopped ??= { error }))
    .then(finish);
  const ended = finished.then(() => {
    if (stopped?.error !== undefined && !isEventStoreError(stopped.error, "store-closed")) throw stopped.error;
  });
  // Whoever looks at `error` need not look here.
  ended.catch(() => undefined);

  /** With an error, what is under way is told to end; without, it may finish. */
  function stop(reason: { readonly error?: unknown }): Promise<void> {
    stopped ??= reason;
    const why = stopped.error ?? closed();
    closing.abort(why);
    if (reason.error !== undefined) cut.abort(why);
    return finished;
  }

  async function close(): Promise<void> {
    await stop({});
    if (unkept !== undefined) throw unkept.error;
  }

  function finish(): void {
    ignoreAbort();
    ignoreClose();
    source.consuming.delete(name);
    for (const { reject } of asked.splice(0)) reject(stopped?.error ?? closed());
    become("stopped");
    listeners.clear();
  }

  function become(now: ConsumerStatus): void {
    if (now === status) return;
    status = now;
    changed();
  }

  function changed(): void {
    moves.open();
    for (const listener of [...listeners]) {
      try {
        listener();
      } catch (error) {
        // The listener's own: thrown where nothing else is under way, so that the others are told all the same.
        throwApart(error);
      }
    }
  }

  async function caughtUp(target: number | undefined, until: ConsumeOptions["signal"]): Promise<number> {
    refuseAborted(until);
    if (target !== undefined) checkInteger(target, "position", 0);
    const wanted = target ?? (status === "stopped" ? Infinity : await source.storage.head());
    for (;;) {
      if (status === "waiting") position = Math.max(position, await movedOr(() => lookAround(), 0, until));
      if (position >= wanted) return position;
      if (stopped !== undefined && status === "stopped") throw stopped.error ?? closed();
      await (status === "waiting" ? movedOr((either) => sleep(LOOK, either), undefined, until) : moves.pass(until));
    }
  }

  /** Waits for something, or for a move. The later of the two is given up: who waits long would else leave one behind each time. */
  async function movedOr<T>(
    wait: (signal: AbortSignalLike) => Promise<T>,
    moved: T,
    until: ConsumeOptions["signal"],
  ): Promise<T> {
    const over = createAbort();
    return underSignals([until, over.signal], (either) =>
      Promise.race([wait(either), moves.pass(either).then(() => moved)]).finally(() => over.abort()),
    );
  }

  /** What others have handled. A place of the user's that cannot be asked now is asked again, here and by whoever is active. */
  async function lookAround(): Promise<number> {
    try {
      return await standing();
    } catch (error) {
      const refused = isEventStoreError(error, "lineage-changed") || isEventStoreError(error, "invalid-argument");
      if (parts.checkpoint === undefined || refused) throw error;
      return 0;
    }
  }

  async function standing(): Promise<number> {
    await begun;
    return lookUp(run);
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
      return stopped?.error;
    },
    ended,
    async lag() {
      source.ensureOpen();
      const [head, at] = await Promise.all([source.storage.head(), status === "active" ? position : standing()]);
      return Math.max(0, head - at);
    },
    subscribe(listener) {
      const own = (): void => listener(consumer);
      if (status !== "stopped") listeners.add(own);
      return () => listeners.delete(own);
    },
    caughtUp: (target, until) => caughtUp(target, until?.signal),
    async parked() {
      source.ensureOpen();
      return listParked(source, name);
    },
    async retryParked() {
      await new Promise<void>((resolve, reject) => {
        if (stopped !== undefined) throw stopped.error ?? closed();
        asked.push({ resolve, reject });
        requests.onAsked();
      });
      return listParked(source, name);
    },
    close,
    [asyncDispose]: close,
  };
  return consumer;
}

function closed(): EventStoreError {
  return new EventStoreError("store-closed", "the consumer is closed: start it again to go on", {});
}
