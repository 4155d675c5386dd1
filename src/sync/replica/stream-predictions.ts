import type { Decider } from "../../deciders/decider.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import type { OutboxView } from "./outbox.ts";
import { predict, type Deciders, type Prediction, type StateOf } from "./predict.ts";
import { readOn } from "./read-on.ts";

/** Of how many streams predictions and states are remembered. */
const MOST_REMEMBERED = 200;

/** StreamPredictions of streams: each is made once for all who show the stream, and what is confirmed is folded once for all predictions. */
export interface StreamPredictions {
  /** Resolves with what an outbox makes of a stream, on top of its confirmed events up to a version. */
  of(stream: string, view: OutboxView, version: number): Promise<Prediction>;
  /** Resolves with a decider's state of a stream's confirmed events up to a version. */
  readonly stateOf: StateOf;
}

export function createStreamPredictions(context: StoreContext, deciders: Deciders): StreamPredictions {
  const known = new Map<string, { generation: number; version: number; prediction: Promise<Prediction> }>();
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
    of(stream, view, version) {
      const { generation } = view;
      const found = known.get(stream);
      if (found?.generation === generation && found.version === version) return found.prediction;
      const prediction = predict(context, { deciders, stateOf }, stream, view.entries, version);
      const made = { generation, version, prediction };
      remember(known, stream, made);
      // A failure is not kept.
      prediction.catch(() => {
        if (known.get(stream) === made) known.delete(stream);
      });
      return prediction;
    },
  };
}

/** Sets a value, and forgets the one that was set longest ago where there are too many. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MOST_REMEMBERED) for (const [oldest] of map) return void map.delete(oldest);
}
