import { memory, openEventStore } from "../index.ts";
import type { Event, NewEvent, Projection, ReadModel, SqlStatement } from "../index.ts";
import { mustBe } from "../errors.ts";
import { checkList, equal } from "./assert.ts";
import { fixedClock } from "./fixed-clock.ts";
import { sequentialIds } from "./sequential-ids.ts";
import { checkOptions, checkVerb } from "../validate.ts";

/** An example for a projection: events, and the expected state. */
export interface ProjectionExample<State, E extends Event> {
  /** The events, which are appended to one stream one by one, a second apart from time 0 on, with the ids of `sequentialIds`. */
  readonly given: readonly NewEvent<E>[];
  /** The expected state. */
  readonly expected: State;
}

/**
 * Checks an example for a projection: loads the state from the start, through its snapshots, and live. Rejects with an `Error` that
 * says how a state differs from the expected one.
 *
 * @throws `invalid-argument`; the errors of `stream.load`, such as `projection-failed`.
 * @example
 * ```ts
 * await checkProjection(balance, {
 *   given: [{ type: "deposited", data: { amount: 100 } }],
 *   expected: 100,
 * });
 * ```
 */
export async function checkProjection<State, E extends Event>(
  projection: Projection<State, E>,
  example: ProjectionExample<State, E>,
): Promise<void> {
  checkOptions(example, ["given", "expected"], "example");
  const { given, expected } = example;
  checkList(given, "given");
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
 * Checks that a read model's handlers depend on the events only: rebuilds the model and compares the rows of each query before and
 * after. Rejects with an `Error` that says how they differ. Do not append meanwhile.
 *
 * @throws `invalid-argument`; the errors of `model.query` and `model.rebuild`, such as `projection-failed`.
 * @example
 * ```ts
 * const model = await store.readModel(bank);
 * await account.append({ type: "deposited", data: { amount: 100 } });
 * await checkRebuild(model, sql`SELECT * FROM ${accounts} ORDER BY name`);
 * ```
 */
export async function checkRebuild(model: ReadModel, ...queries: readonly SqlStatement[]): Promise<void> {
  checkVerb(model, "rebuild", "model", "from store.readModel");
  if (queries.length === 0) throw mustBe("queries", "at least one query, whose rows are compared");
  const answers = async (): Promise<unknown[]> => Promise.all(queries.map((query) => model.query(query)));
  await model.caughtUp();
  const caughtUp = await answers();
  await model.rebuild();
  equal(await answers(), caughtUp, "the rebuilt answers");
}
