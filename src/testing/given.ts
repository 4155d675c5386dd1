import { memory, openEventStore } from "../index.ts";
import type { Event, NewEvent, Projection, ReadModel, SqlStatement } from "../index.ts";
import { equal } from "./assert.ts";
import { fixedClock } from "./fixed-clock.ts";
import { sequentialIds } from "./sequential-ids.ts";

/** What a projection is given, and the state that it must come to. */
export interface ProjectionExample<State, E extends Event> {
  /** In order; appended one by one to one stream, a second apart from time 0 on, with the ids of `sequentialIds`. */
  readonly given: readonly NewEvent<E>[];
  readonly expected: State;
}

/**
 * Rejects, saying where they differ, unless the projection makes the expected state of the events: loaded from the start,
 * loaded again after each event, so through its snapshots, and live.
 */
export async function checkProjection<State, E extends Event>(
  projection: Projection<State, E>,
  { given, expected }: ProjectionExample<State, E>,
): Promise<void> {
  const clock = fixedClock();
  const store = await openEventStore(memory(), { clock, newId: sequentialIds() });
  const stream = store.stream<E>("given");
  const live = store.project(projection, { stream: "given" });
  for (const event of given) {
    await stream.append(event);
    await stream.load(projection);
    clock.advance(1_000);
  }
  const states = [
    (await store.load(projection)).state,
    (await stream.load(projection)).state,
    (await live.caughtUp()).state,
  ];
  await store.close();
  for (const [index, where] of ["from the start", "through snapshots", "live"].entries()) {
    equal(states[index], expected, `the state ${where}`);
  }
}

/**
 * Rejects, saying where they differ, unless each query answers the same before and after the read model is rebuilt: its
 * handlers then depend on nothing but the events. Nothing may be appended meanwhile.
 */
export async function checkRebuild(model: ReadModel, ...queries: readonly SqlStatement[]): Promise<void> {
  const answers = async (): Promise<unknown[]> => Promise.all(queries.map((query) => model.query(query)));
  await model.caughtUp();
  const caughtUp = await answers();
  await model.rebuild();
  equal(await answers(), caughtUp, "the rebuilt answers");
}
