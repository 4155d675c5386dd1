import { FILTER_OPTIONS, toRecordFilter } from "../../../events/filter.ts";
import { refuseAborted } from "../../../platform.ts";
import { freezeState } from "../../../projections/freeze-state.ts";
import type { Projection } from "../../../projections/projection.ts";
import { scopeOf } from "../../../read/pager.ts";
import { checkPosition, checkOptions, verbOf } from "../../../validate.ts";
import { checkFlag, withoutPending } from "../../option-checks.ts";
import { lookAt } from "./read-shown.ts";
import type { LoadedPendingAll, ReplicaLoadAllOptions, ReplicaLoadOptions, WithPending } from "./reads.ts";
import type { ReplicaContext } from "../replica-context.ts";
import { NOTHING_PENDING } from "../pending/shown.ts";
import type { LoadedPending } from "../stream-methods.ts";

/** Resolves with a stream's version, with what is pending. */
export async function versionOf(
  { context, outbox, predictions }: ReplicaContext,
  stream: string,
  options: WithPending,
): Promise<number> {
  context.ensureOpen();
  checkOptions(options, ["pending"]);
  checkFlag(options.pending, "pending");
  const view = await outbox.view();
  const version = await context.storage.version(stream);
  if (options.pending === false) return version;
  return version + (await predictions.of(stream, view, version)).events().length;
}

/** Folds a stream with what is pending. Starts from a snapshot if the projection has any. */
export async function loadShown<State>(
  { context, outbox, predictions }: ReplicaContext,
  stream: string,
  projection: Projection<State>,
  given: ReplicaLoadOptions,
): Promise<LoadedPending<State>> {
  context.ensureOpen();
  const load = verbOf(projection, "load", "projection", "defineProjection");
  const { pending, rest: options } = withoutPending(given);
  // The outbox first: what leaves it in between is among the events then, and is not folded twice.
  const view = await outbox.view();
  const { state, version } = await load(context, stream, options);
  const { upTo = Infinity, asOf } = options;
  if (!pending || asOf !== undefined || version >= upTo) return { state, version, pending: 0 };
  const shown = await predictions.of(stream, view, version);
  const events = shown.events().filter((event) => event.version <= upTo);
  const now = events.reduce((before, event) => projection._rivulet.step(before, event), state);
  return { state: freezeState(now), version: version + events.length, pending: shown.entries().size };
}

/** Folds the followed streams with what is pending. */
export async function loadAllShown<State>(
  parts: ReplicaContext,
  projection: Projection<State>,
  options: ReplicaLoadAllOptions,
): Promise<LoadedPendingAll<State>> {
  parts.context.ensureOpen();
  verbOf(projection, "load", "projection", "defineProjection");
  checkOptions(options, ["upTo", "asOf", "signal", "pending", ...FILTER_OPTIONS]);
  const { upTo = Number.MAX_SAFE_INTEGER, asOf, signal, pending = true } = options;
  checkFlag(pending, "pending");
  checkPosition(upTo, "upTo");
  const scope = scopeOf(undefined, toRecordFilter(options));
  const shown = await lookAt(parts, { ...scope, after: 0, upTo, direction: "forward", asOf, pending });
  let state = projection.initial();
  for await (const page of shown.confirmed()) {
    refuseAborted(signal);
    state = freezeState(page.reduce((before, event) => projection._rivulet.step(before, event), state));
  }
  const { events, entries } = pending ? shown.pending : NOTHING_PENDING;
  state = freezeState(events.reduce((before, event) => projection._rivulet.step(before, event), state));
  return { state, position: Math.min(shown.position, upTo), pending: entries };
}
