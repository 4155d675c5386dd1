import type { Event, StoredEvent } from "../event.ts";
import type { Projection } from "../projections/projection.ts";
import type { EventStore } from "../store/event-store.ts";
import { checkInteger, checkOptions } from "../validate.ts";
import type { FoldedStep, FoldedSteps, StepsOptions } from "./records.ts";

/** Loads the state before the newest events, and folds those one by one. */
export async function foldSteps<State>(
  store: EventStore,
  projection: Projection<State>,
  options: StepsOptions,
): Promise<FoldedSteps<State>> {
  checkOptions(options, ["stream", "upTo", "limit", "signal"]);
  const { stream, upTo, limit = 50, signal } = options;
  checkInteger(limit, "limit", 0);
  const bounds = { upTo, signal };
  const handle = stream === undefined ? undefined : store.stream(stream);
  const newest = (handle ?? store).read({ ...bounds, direction: "backward", limit });
  const events = (await newest.toArray()).sort((one, other) => one.position - other.position);
  const keyOf = ({ version, position }: StoredEvent): number => (handle === undefined ? position : version);
  const [first] = events;
  const before = first === undefined ? bounds : { signal, upTo: keyOf(first) - 1 };
  const base =
    handle === undefined ? await store.load(projection, before) : await handle.load<State, Event>(projection, before);
  let { state } = base;
  let position = "version" in base ? base.version : base.position;
  const steps: FoldedStep<State>[] = [];
  for (const event of events) {
    try {
      const after = projection._rivulet.step(state, event);
      steps.push({ event, before: state, after });
      state = after;
      position = keyOf(event);
    } catch (error) {
      return { state, position, steps, error };
    }
  }
  return { state, position, steps };
}
