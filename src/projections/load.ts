import type { Fold } from "./fold.ts";
import { freezeState } from "./freeze-state.ts";
import { FILTER_OPTIONS, toRecordFilter, type EventFilter } from "../events/filter.ts";
import { checkPosition, checkOptions } from "../validate.ts";
import { createPager, type Scope } from "../read/pager.ts";
import { monotonicNow, refuseAborted, type AbortSignalLike } from "../platform.ts";
import type { LoadAllOptions, Loaded, LoadedAll, LoadOptions } from "./projection.ts";
import { createSnapshots } from "./snapshot-policy.ts";
import { boundOf } from "../read/read.ts";
import { decodePage } from "../storage/event-page.ts";
import type { RecordFilter } from "../storage/protocol.ts";
import type { StoreContext } from "../storage/store-context.ts";

const LOAD_OPTIONS = ["upTo", "asOf", "signal"];

/** Folds one stream. Rejects with `projection-failed`, `invalid-argument`, or one of the storage codes. */
export async function loadStream<State>(
  context: StoreContext,
  fold: Fold<State>,
  stream: string,
  options: LoadOptions,
): Promise<Loaded<State>> {
  checkOptions(options, LOAD_OPTIONS);
  const { state, key } = await load(context, fold, { stream }, options);
  return { state, version: key };
}

/** Folds the whole store, or the events that a filter selects. Rejects like {@link loadStream}. */
export async function loadAll<State>(
  context: StoreContext,
  fold: Fold<State>,
  options: LoadAllOptions,
): Promise<LoadedAll<State>> {
  checkOptions(options, [...LOAD_OPTIONS, ...FILTER_OPTIONS]);
  const { state, head } = await load(context, fold, { filter: filterOf(fold, options) }, options);
  return { state, position: Math.min(head, options.upTo ?? head) };
}

/** Returns the filter for a projection's events, with only the types that it handles, so that others need not be read. */
export function filterOf(fold: Fold<unknown>, options: EventFilter): RecordFilter {
  const filter = toRecordFilter(options);
  const types = filter?.types === undefined ? fold.types : fold.types.filter((type) => filter.types?.includes(type));
  return { ...filter, types };
}

async function load<State>(
  context: StoreContext,
  fold: Fold<State>,
  scope: Scope,
  { upTo = Number.MAX_SAFE_INTEGER, asOf, signal }: LoadOptions,
): Promise<{ state: State; key: number; head: number }> {
  refuseEnded(context, signal);
  checkPosition(upTo, "upTo");
  const bound = await boundOf(asOf)(context);
  const snapshots = createSnapshots(context, fold, scope);
  const started = monotonicNow();
  let { state, key } = await snapshots.newest(await lastKey(context, fold, scope, upTo, bound));
  let events = 0;

  const pager = createPager(context, { ...scope, after: key, upTo, direction: "forward" }, bound);
  for (let page = await pager.next(); page !== undefined; page = await pager.next()) {
    refuseEnded(context, signal);
    for (const event of page) state = fold.step(state, event);
    freezeState(state);
    events += page.length;
    key = scope.stream === undefined ? pager.cursor : (page.at(-1)?.version ?? key);
  }
  refuseEnded(context, signal);

  const head = pager.head as number;
  // Only the newest state is saved: a past one is rarely loaded again.
  if (bound === undefined && upTo === Number.MAX_SAFE_INTEGER) {
    await snapshots.offer({ state, key: scope.stream === undefined ? head : key }, events, monotonicNow() - started);
  }
  return { state, key, head };
}

/** Returns the highest key within the bounds, up to which a snapshot may be used. */
async function lastKey(
  { storage }: StoreContext,
  { snapshots }: Fold<unknown>,
  { stream }: Scope,
  upTo: number,
  bound: number | undefined,
): Promise<number> {
  if (bound === undefined || snapshots === undefined) return upTo;
  if (stream === undefined) return Math.min(upTo, bound);
  const walk = { stream, after: 0, upTo, head: bound, direction: "backward", limit: 1 } as const;
  return decodePage(await storage.readPage(walk))[0]?.version ?? 0;
}

function refuseEnded(context: StoreContext, signal: AbortSignalLike | undefined): void {
  context.ensureOpen();
  refuseAborted(signal);
}
