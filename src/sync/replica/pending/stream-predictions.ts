import type { Decider } from "../../../deciders/decider.ts";
import type { OutboxEntry } from "../../../storage/protocol.ts";
import type { StoreContext } from "../../../storage/store-context.ts";
import type { OutboxView, Reading } from "../outbox-view.ts";
import { predictStream, type Deciders, type PredictedStream, type Prediction, type StateOf } from "./predict.ts";
import { readOn } from "./read-on.ts";

/** Of how many streams predictions and states are remembered. */
const MOST_REMEMBERED = 200;

/** Predictions of streams: each is made once for all who show the stream, and what is confirmed is folded once for all predictions. */
export interface StreamPredictions {
  /** Resolves with what an outbox makes of a stream, on top of its confirmed events up to a version. */
  of(stream: string, view: OutboxView, version: number): Promise<Prediction>;
  /** Resolves with the stream at its newest version, to go on from there. That is the version of the outbox unless the generation has changed. */
  newest(stream: string, view: OutboxView): Promise<{ readonly version: number; readonly predicted: PredictedStream }>;
  /** Resolves with what these entries make of it; nothing is remembered. */
  anew(stream: string, entries: readonly OutboxEntry[], version: number): Promise<Prediction>;
  /** Resolves with a decider's state of a stream's confirmed events up to a version. */
  readonly stateOf: StateOf;
}

export function createStreamPredictions(context: StoreContext, deciders: Deciders): StreamPredictions {
  const known = new Map<string, { reading: Reading; version: number; predicted: PredictedStream }>();
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

  async function predicted(stream: string, view: OutboxView, version: number): Promise<PredictedStream> {
    const { reading } = view;
    let found = known.get(stream);
    // What is pending grows while a device is offline: only what was added is predicted.
    if (found?.reading !== reading || found.version !== version) {
      found = { reading, version, predicted: predictStream(context, { deciders, stateOf }, stream, version) };
      remember(known, stream, found);
    }
    const unstored = reading.versions.get(stream) === version ? reading.read : Infinity;
    await found.predicted.take(reading.byStream().get(stream) ?? [], newestOf(view), unstored);
    return found.predicted;
  }

  return {
    stateOf,
    async anew(stream, entries, version) {
      const made = predictStream(context, { deciders, stateOf }, stream, version);
      await made.take(entries, Infinity, Infinity);
      return made.upTo(Infinity);
    },
    async newest(stream, view) {
      const version = view.reading.versions.get(stream) ?? (await context.storage.version(stream));
      return { version, predicted: await predicted(stream, view, version) };
    },
    of: async (stream, view, version) => (await predicted(stream, view, version)).upTo(newestOf(view)),
  };
}

/** The number of the newest entry. */
function newestOf({ reading, count }: OutboxView): number {
  return reading.entries[count - 1]?.number ?? 0;
}

/** Sets a value, and forgets the one that was set longest ago where there are too many. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MOST_REMEMBERED) for (const [oldest] of map) return void map.delete(oldest);
}
