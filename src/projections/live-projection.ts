import type { Fold } from "./fold.ts";
import { FILTER_OPTIONS, toRecordFilter } from "../events/filter.ts";
import { follow } from "./run-projection.ts";
import { createLive } from "./live-state.ts";
import { filterOf } from "./load.ts";
import { checkName, checkOptions } from "../validate.ts";
import type { LiveProjection, ProjectOptions } from "./projection.ts";
import { scopeOf, type Scope } from "../read/pager.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** Starts a live projection. @throws `invalid-argument`. */
export function createLiveProjection<State>(
  context: StoreContext,
  fold: Fold<State>,
  options: ProjectOptions,
): LiveProjection<State> {
  checkOptions(options, ["stream", "signal", ...FILTER_OPTIONS]);
  const scope = toScope(fold, options);
  return createLive("the live projection", context, fold.initial(), options.signal, (events) =>
    follow(context, fold, scope, events),
  );
}

/** Returns the events to read. The handled types do not limit those of a stream: reading it by version is fast, and gaps are noticed. */
function toScope(fold: Fold<unknown>, options: ProjectOptions): Scope {
  const { stream } = options;
  if (stream === undefined) return { filter: filterOf(fold, options) };
  checkName(stream, "stream");
  return scopeOf(stream, toRecordFilter(options));
}
