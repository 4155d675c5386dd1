import { isEventStoreError, storeClosed } from "../../errors.ts";
import type { StoredEvent } from "../../event.ts";
import { asyncDispose, createAbort, throwApart } from "../../platform.ts";
import { freezeState } from "../../projections/freeze-state.ts";
import type { Loaded, Projection } from "../../projections/projection.ts";
import { createPager } from "../../read/pager.ts";
import { predict } from "./predict.ts";
import type { LoadedPending, StreamParts } from "./replica-stream.ts";

/** A state of a followed stream that is kept up to date, with what is pending. */
export interface LivePending<State> extends LoadedPending<State>, AsyncDisposable {
  /** Resolves once the state is that of the stream; rejects with the error that ended it before. */
  readonly loaded: Promise<void>;
  /** The error that has ended it; undefined while it runs. */
  readonly error: unknown;
  /**
   * Calls the listener after every change, until the returned function is called.
   *
   * @example
   * ```ts
   * const live = replica.stream("account-1").project(balance);
   * const stop = live.subscribe(() => console.log(live.state)); // → 0
   * await live.loaded;
   * stop();
   * ```
   */
  subscribe(listener: () => void): () => void;
  /**
   * Stops keeping the state up to date.
   *
   * @example
   * ```ts
   * const live = replica.stream("account-1").project(balance);
   * await live.loaded;
   * live.close();
   * ```
   */
  close(): void;
}

/** Keeps a state up to date. What is confirmed is folded once; what is pending is decided again whenever one of the two changes. */
export function createLivePending<State>(
  { context, outbox, deciders }: Pick<StreamParts, "context" | "outbox" | "deciders">,
  stream: string,
  projection: Projection<State>,
): LivePending<State> {
  const closing = createAbort();
  const listeners = new Set<() => void>();
  let confirmed: Loaded<State> | undefined;
  let generation: number | undefined;
  let now: LoadedPending<State> = { state: projection.initial(), version: 0, pending: 0 };
  let error: unknown;
  let settle: (failure?: { readonly error: unknown }) => void = () => undefined;
  const loaded = new Promise<void>((resolve, reject) => {
    settle = (failure) => (failure === undefined ? resolve() : reject(failure.error));
  });
  loaded.catch(() => undefined);
  const ignoreClose = context.onClose((reason) => end(reason));
  void run();

  async function run(): Promise<void> {
    try {
      while (!closing.signal.aborted) {
        const seen = outbox.changes;
        await look();
        if (outbox.changes === seen) await outbox.news.wait(closing.signal);
      }
    } catch (reason) {
      end(reason);
    }
  }

  async function look(): Promise<void> {
    // The outbox first: what leaves it in between is among the events then, and is not shown twice.
    const view = await outbox.view();
    const before = confirmed;
    const next = await readOn(before ?? (await projection._rivulet.load(context, stream, {})));
    if (next === before && view.generation === generation) return;
    const { events, pending } = await predict(context, deciders, stream, view.entries, next.version);
    if (closing.signal.aborted) return;
    confirmed = next;
    generation = view.generation;
    const state = fold(next.state, events);
    const changed = before === undefined || !Object.is(state, now.state) || pending !== now.pending;
    now = { state, version: next.version + events.length, pending };
    settle();
    if (changed) tell();
  }

  async function readOn(known: Loaded<State>): Promise<Loaded<State>> {
    const after = known.version;
    const pager = createPager(context, { stream, after, upTo: Number.MAX_SAFE_INTEGER, direction: "forward" });
    let reached = known;
    for (let page = await pager.next(); page !== undefined; page = await pager.next()) {
      if (page.length === 0) continue;
      reached = { state: fold(reached.state, page), version: page.at(-1)?.version ?? reached.version };
    }
    return reached;
  }

  function fold(state: State, events: readonly StoredEvent[]): State {
    return freezeState(events.reduce((one, event) => projection._rivulet.step(one, event), state));
  }

  function tell(): void {
    for (const listener of [...listeners]) {
      try {
        listener();
      } catch (thrown) {
        throwApart(thrown);
      }
    }
  }

  function end(reason: unknown): void {
    if (closing.signal.aborted) return;
    closing.abort(storeClosed());
    ignoreClose();
    error = reason;
    settle({ error: reason ?? storeClosed() });
    if (reason !== undefined && !isEventStoreError(reason, "store-closed")) tell();
    listeners.clear();
  }

  return {
    get state() {
      return now.state;
    },
    get version() {
      return now.version;
    },
    get pending() {
      return now.pending;
    },
    get error() {
      return error;
    },
    loaded,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => end(undefined),
    [asyncDispose]() {
      end(undefined);
      return Promise.resolve();
    },
  };
}
