import { createBufferedIterator } from "../../../async/buffered-iterator.ts";
import { invalidArgument } from "../../../errors.ts";
import type { StoredEvent } from "../../../event.ts";
import { FILTER_OPTIONS, toRecordFilter, type EventFilter } from "../../../events/filter.ts";
import { deepFreeze } from "../../../events/json.ts";
import { createAbort, onAbort } from "../../../platform.ts";
import { scopeOf, type Scope } from "../../../read/pager.ts";
import { checkInteger, checkOptions } from "../../../validate.ts";
import type { EventWatcher, WatchOptions } from "../../../subscriptions/watch.ts";
import { createFeed } from "./feed.ts";
import type { ReplicaContext } from "../replica-context.ts";
import type { ReplicaWatcher } from "./reads.ts";
import { contentOf, NOTHING_PENDING, pendingAt } from "../pending/shown.ts";

type Watched = WatchOptions & EventFilter;

const OPTIONS = ["after", "onCaughtUp", "signal", "pending"];

/** Watches what is confirmed, and what is pending on top of it. @throws `store-closed` and `invalid-argument`. */
export function watchShown(parts: ReplicaContext, stream: string | undefined, options: Watched): ReplicaWatcher {
  let shown: string | undefined;
  return watchBatches(parts, stream, options, async ({ confirmed, view, position, whole }, scope) => {
    const { events: pending } = view === undefined ? NOTHING_PENDING : await pendingAt(parts, scope, view, position);
    const before = shown;
    shown = contentOf(pending);
    // The first complete change is always given, so that whoever shows the events learns that there are none.
    const isNews = confirmed.length > 0 || shown !== before;
    if (!whole) shown = before;
    return isNews ? [{ confirmed: deepFreeze(confirmed), pending }] : [];
  });
}

/** Watches confirmed events alone. @throws `store-closed` and `invalid-argument`. */
export function watchConfirmed(parts: ReplicaContext, stream: string | undefined, options: Watched): EventWatcher {
  return watchBatches(parts, stream, options, ({ confirmed }): Promise<readonly StoredEvent[]> =>
    Promise.resolve(deepFreeze(confirmed)),
  );
}

type Batch = Awaited<ReturnType<ReturnType<typeof createFeed>["next"]>>;

function watchBatches<T>(
  parts: ReplicaContext,
  stream: string | undefined,
  options: Watched,
  toItems: (batch: Batch, scope: Scope) => Promise<readonly T[]>,
): AsyncIterableIterator<T> & AsyncDisposable {
  const { context, closed } = parts;
  context.ensureOpen();
  checkOptions(options, stream === undefined ? [...OPTIONS, ...FILTER_OPTIONS] : OPTIONS);
  const { after = 0, onCaughtUp, signal } = options;
  if (after !== "head") checkInteger(after, "after", 0, ' or "head"');
  const ended = createAbort();
  const start = findStart(parts, stream, after);
  // A watcher that is never iterated must not cause an unhandled rejection. The first change rejects with it.
  start.catch(() => undefined);
  const scope = scopeOf(stream, toRecordFilter(options));
  const feed = createFeed(parts, scope, start, ended.signal);
  const ignoreClose = onAbort(closed, () => iterator.fail(closed.reason));
  let tellCaughtUp = onCaughtUp;
  let caughtUp = false;
  const iterator = createBufferedIterator<T>({ fill, signal, onEnd });
  if (closed.aborted) iterator.fail(closed.reason);
  return iterator;

  async function fill(): Promise<readonly T[]> {
    if (caughtUp) {
      tellCaughtUp?.();
      tellCaughtUp = undefined;
    }
    const batch = await feed.next();
    caughtUp ||= batch.whole;
    return toItems(batch, scope);
  }

  function onEnd(): void {
    ignoreClose();
    ended.abort();
  }
}

async function findStart(
  { context: { queue, storage } }: ReplicaContext,
  stream: string | undefined,
  after: number | "head",
): Promise<number> {
  const newest = (): Promise<number> => (stream === undefined ? storage.head() : storage.version(stream));
  if (after === "head") return queue.inOrder(newest);
  const head = after === 0 ? 0 : await newest();
  if (after <= head) return after;
  throw invalidArgument("after", `after is ${after}, beyond the head ${head}`);
}
