import type { Decider } from "../../../deciders/decider.ts";
import type { OutboxEntry } from "../../../storage/protocol.ts";
import type { StoreContext } from "../../../storage/store-context.ts";
import type { OutboxView } from "../outbox.ts";
import { predict, type Deciders, type PredictedBefore, type Prediction, type StateOf } from "./predict.ts";
import { readOn } from "./read-on.ts";

/** Of how many streams predictions and states are remembered. */
const MOST_REMEMBERED = 200;

/** StreamPredictions of streams: each is made once for all who show the stream, and what is confirmed is folded once for all predictions. */
export interface StreamPredictions {
  /** Resolves with what an outbox makes of a stream, on top of its confirmed events up to a version. */
  of(stream: string, view: OutboxView, version: number): Promise<Prediction>;
  /** Resolves with what these entries make of it; nothing is remembered. */
  anew(stream: string, entries: readonly OutboxEntry[], version: number): Promise<Prediction>;
  /** Resolves with a decider's state of a stream's confirmed events up to a version. */
  readonly stateOf: StateOf;
}

export function createStreamPredictions(context: StoreContext, deciders: Deciders): StreamPredictions {
  const known = new Map<string, { generation: number; version: number; made: Promise<PredictedBefore> }>();
  const states = new Map<string, { readonly state: unknown; readonly version: number }>();

  async function stateOf(name: string, stream: string, version: number): Promise<unknown> {
    const { load, step } = (deciders[name] as Decider<unknown, unknown>)._rivulet;
    const key = `${name}\n${stream}`;
    const base = states.get(key);
    if (base === undefined || base.version > version) {
      const loaded = await load(context, stream, { upTo: version });
      remember(states, key, loaded);
      return loaded.state;
    }
    let { state } = base;
    if (base.version === version) return state;
    for await (const page of readOn(context, { stream }, base.version, version)) {
      for (const event of page) state = step(state, event);
    }
    remember(states, key, { state, version });
    return state;
  }

  return {
    stateOf,
    anew: async (stream, entries, version) =>
      (await predict(context, { deciders, stateOf }, stream, { entries, reading: {} }, version)).prediction,
    async of(stream, view, version) {
      const { generation } = view;
      const found = known.get(stream);
      if (found?.generation === generation && found.version === version) return (await found.made).prediction;
      // What is pending grows while a device is offline: only what was added is predicted.
      const before = found?.version === version ? found.made.catch(() => undefined) : undefined;
      const make = async (): Promise<PredictedBefore> =>
        predict(context, { deciders, stateOf }, stream, view, version, await before);
      const one = { generation, version, made: make() };
      remember(known, stream, one);
      // A failure is not kept.
      one.made.catch(() => {
        if (known.get(stream) === one) known.delete(stream);
      });
      return (await one.made).prediction;
    },
  };
}

/** Sets a value, and forgets the one that was set longest ago where there are too many. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MOST_REMEMBERED) for (const [oldest] of map) return void map.delete(oldest);
}
