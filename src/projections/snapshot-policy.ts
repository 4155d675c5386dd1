import { stringify } from "../events/json.ts";
import type { Fold } from "./fold.ts";
import { isEventStoreError } from "../errors.ts";
import type { ProjectionSource } from "./projection.ts";
import { parseState, stateToJson } from "./snapshot.ts";
import { ALL_STREAMS } from "../storage/plan-append.ts";
import type { Scope } from "../read/pager.ts";

const KEEP = 3;

/** A state, and the key up to which events are in it. */
interface Folded<State> {
  readonly state: State;
  readonly key: number;
}

/** The snapshots of one projection over one scope. */
export interface Snapshots<State> {
  /** The newest state saved up to a key, or the initial one. */
  newest(upTo: number): Promise<Folded<State>>;
  /** Saves a state if the policy says so: after so many events since the newest snapshot, folded in so many milliseconds. */
  offer(folded: Folded<State>, events: number, milliseconds: number): Promise<boolean>;
}

export function createSnapshots<State>(source: ProjectionSource, fold: Fold<State>, scope: Scope): Snapshots<State> {
  const { storage, clock } = source;
  const { schema, snapshots: policy } = fold;
  const { stream = ALL_STREAMS, filter } = scope;
  // What another filter lets through is another state. No projection's own name starts with "@".
  const projection = filter === undefined ? fold.name : `@${stringify([fold.name, filter])}`;

  async function newest(upTo: number): Promise<Folded<State>> {
    const found =
      policy === undefined || upTo === 0 ? undefined : await storage.loadSnapshot({ stream, projection, schema, upTo });
    if (found === undefined) return { state: fold.initial(), key: 0 };
    return { state: parseState(found.state) as State, key: found.version };
  }

  async function offer({ state, key }: Folded<State>, events: number, milliseconds: number): Promise<boolean> {
    const { every = Infinity, slowerThan = Infinity, keep = KEEP } = policy ?? {};
    if (events === 0 || (events < every && milliseconds <= slowerThan)) return false;
    const text = stateToJson(state);
    try {
      await storage.saveSnapshot({ stream, projection, schema, version: key, state: text, timestamp: clock(), keep });
      return true;
    } catch (error) {
      // A snapshot only saves time: where there is no room, or no turn to write, the state is right all the same.
      if (isEventStoreError(error, "storage-full") || isEventStoreError(error, "storage-busy")) return false;
      throw error;
    }
  }

  return { newest, offer };
}
