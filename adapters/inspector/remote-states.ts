import type { Projection, StoredEvent } from "../../src/index.ts";
import type { FoldedSteps, Inspection } from "../../src/inspection/index.ts";

/** What the server of `npx rivulet inspect` answers: states by number, which the steps name. */
interface Answer {
  readonly error?: string;
  readonly states?: readonly unknown[];
  readonly folded?: {
    readonly position: number;
    readonly state: number;
    readonly steps: readonly { readonly event: StoredEvent; readonly before: number; readonly after: number }[];
    readonly error?: string;
  };
}

/** Projections that the server folds: only their names are here. */
export interface RemoteStates {
  readonly projections: readonly Projection<unknown>[];
  readonly steps: Inspection["steps"];
}

/** Asks the server for the states of the projections with these names. */
export function createRemoteStates(base: URL, names: readonly string[]): RemoteStates {
  const projections = names.map((name) => ({ name }) as Projection<unknown>);

  async function steps<State>(
    projection: Projection<State>,
    options: Parameters<Inspection["steps"]>[1] = {},
  ): Promise<FoldedSteps<State>> {
    const { stream, upTo, limit } = options;
    const asked = Object.entries({ projection: projections.indexOf(projection), stream, upTo, limit });
    const url = new URL("states", base);
    for (const [name, value] of asked) if (value !== undefined) url.searchParams.set(name, String(value));
    const { error, states = [], folded } = (await (await fetch(url)).json()) as Answer;
    if (folded === undefined) throw new Error(error ?? "the server does not answer");
    const at = (number: number): State => states[number] as State;
    return {
      state: at(folded.state),
      position: folded.position,
      steps: folded.steps.map(({ event, before, after }) => ({ event, before: at(before), after: at(after) })),
      ...(folded.error !== undefined && { error: folded.error }),
    };
  }

  return { projections, steps };
}
