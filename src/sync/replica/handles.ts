/** Handles of reads, watches and live states, which have to be there at once. What makes their values is loaded when they are used. */
import { createBufferedIterator } from "../../async/buffered-iterator.ts";
import { FILTER_OPTIONS, toRecordFilter } from "../../events/filter.ts";
import { createAbort, onAbort } from "../../platform.ts";
import type { Projection, ProjectOptions } from "../../projections/projection.ts";
import { scopeOf } from "../../read/pager.ts";
import { read, type ReadAllOptions } from "../../read/read.ts";
import { checkPosition, checkName, checkOptions, verbOf } from "../../validate.ts";
import { checkFlag, withoutPending } from "../option-checks.ts";
import type { LivePending, LivePendingAll, Now } from "./reading/live-pending.ts";
import type { ReplicaWatchAllOptions, ShownEvent, ShownReader, WithPending } from "./reading/reads.ts";
import type { StartContext } from "./replica-context.ts";

/** Reads one stream, or the followed streams, with what is pending. @throws `store-closed` and `invalid-argument`. */
export function readShown(
  start: StartContext,
  stream: string | undefined,
  options: ReadAllOptions & WithPending,
): ShownReader {
  const { pending, rest } = withoutPending(options);
  // Checks the options. It reads nothing unless it is iterated.
  const plain = read(start.context, stream, rest);
  if (!pending && stream !== undefined) return plain;
  const { after = 0, upTo = Number.MAX_SAFE_INTEGER, direction = "forward", limit = Infinity, signal, asOf } = rest;
  const walk = { ...scopeOf(stream, toRecordFilter(rest)), after, upTo, direction, asOf, pending };
  let left = limit;
  let pages: AsyncGenerator<readonly ShownEvent[]> | undefined;

  async function fill(): Promise<readonly ShownEvent[] | undefined> {
    if (left === 0) return undefined;
    pages ??= await start.use((code, own) => code.eventsOf(own, walk));
    const { value, done } = await pages.next();
    if (done === true) return undefined;
    const taken = value.length > left ? value.slice(0, left) : value;
    left -= taken.length;
    return taken;
  }

  return createBufferedIterator({ fill, signal });
}

const WATCH_OPTIONS = ["after", "onCaughtUp", "signal", "pending"];

/** Watches what is confirmed, and what is pending on top of it. @throws `store-closed` and `invalid-argument`. */
export function watchPending<Item>(
  start: StartContext,
  stream: string | undefined,
  options: ReplicaWatchAllOptions & WithPending,
): AsyncIterableIterator<Item> & AsyncDisposable {
  const { context, closed, use } = start;
  const { queue, storage } = context;
  context.ensureOpen();
  checkOptions(options, stream === undefined ? [...WATCH_OPTIONS, ...FILTER_OPTIONS] : WATCH_OPTIONS);
  const { after = 0, onCaughtUp, signal, pending = true } = options;
  checkFlag(pending, "pending");
  if (after !== "head") checkPosition(after, "after", ' or "head"');
  const scope = scopeOf(stream, toRecordFilter(options));
  const from =
    after === "head" ? queue.inOrder(() => (stream === undefined ? storage.head() : storage.version(stream))) : after;
  // A watcher that is never iterated must not cause an unhandled rejection. The first change rejects with it.
  Promise.resolve(from).catch(() => undefined);
  const ended = createAbort();
  const ignoreClose = onAbort(closed, () => iterator.fail(closed.reason));
  let tellCaughtUp = onCaughtUp;
  let caughtUp = false;
  let next: (() => Promise<{ readonly items: readonly unknown[]; readonly whole: boolean }>) | undefined;

  const iterator = createBufferedIterator<Item>({
    async fill() {
      if (caughtUp) {
        tellCaughtUp?.();
        tellCaughtUp = undefined;
      }
      next ??= await use((code, own) => code.watchShown(own, { scope, after: from, pending }, ended.signal));
      const { items, whole } = await next();
      caughtUp ||= whole;
      return items as readonly Item[];
    },
    signal,
    onEnd() {
      ignoreClose();
      ended.abort();
    },
  });
  if (closed.aborted) iterator.fail(closed.reason);
  return iterator;
}

/** Keeps a state up to date, with what is pending. @throws `store-closed` and `invalid-argument`. */
export function projectPending<State>(
  start: StartContext,
  projection: Projection<State>,
  options: ProjectOptions,
): LivePending<State> & LivePendingAll<State> {
  const { context, closed, use } = start;
  checkOptions(options, ["stream", "signal", ...FILTER_OPTIONS]);
  const { stream, signal } = options;
  const createHandle = verbOf(projection, "live", "projection", "defineProjection");
  if (stream !== undefined) checkName(stream, "stream");
  const scope = scopeOf(stream, toRecordFilter(options));
  let confirmed = projection.initial();
  const live = createHandle<Now<State>>(
    "the live projection",
    { ensureOpen: context.ensureOpen, onClose: (end) => onAbort(closed, () => end(closed.reason as Error)) },
    { state: confirmed, version: 0, position: 0, pending: 0 },
    signal,
    ({ show, fail }) => {
      const stopping = createAbort();
      use((code, own) =>
        code.keepState(
          own,
          projection,
          scope,
          (now, base) => {
            confirmed = base;
            show(now, !Object.is(now.state, live.now.state) || now.pending !== live.now.pending);
          },
          stopping.signal,
        ),
      ).catch(fail);
      return () => stopping.abort();
    },
  );
  const { life, members } = live;
  const loaded = life.until(() => live.changes > 0);
  loaded.catch(() => undefined);
  if (closed.aborted) life.stop({ error: closed.reason });

  return {
    ...members,
    get state() {
      return live.now.state;
    },
    get confirmed() {
      return confirmed;
    },
    get version() {
      return live.now.version;
    },
    get position() {
      return live.now.position;
    },
    get pending() {
      return live.now.pending;
    },
    get error() {
      return life.end?.error;
    },
    loaded,
  };
}
