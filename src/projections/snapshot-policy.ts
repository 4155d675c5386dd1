import { stringify } from "../events/json.ts";
import type { Fold } from "./fold.ts";
import { freezeState } from "./freeze-state.ts";
import { invalidArgument, isEventStoreError } from "../errors.ts";
import { parseState, stateToJson } from "./snapshot.ts";
import { ALL_STREAMS } from "../storage/snapshot-rules.ts";
import type { Scope } from "../read/pager.ts";
import type { StoreContext } from "../storage/store-context.ts";
import { checkInteger, checkOptions } from "../validate.ts";

/** How many snapshots are kept by default. */
const KEEP = 3;

/** Why a snapshot may not be saved without a fault of the projection. */
const MAY_FAIL: ReadonlySet<string> = new Set(["storage-full", "storage-busy", "storage-corrupt"]);

/** When to save a folded state as a snapshot, from which the next load starts. At least one of `every` and `slowerThan`. */
export interface SnapshotPolicy {
  /** Saves a snapshot once this many events were folded since the newest one; from 1. */
  readonly every?: number | undefined;
  /** Saves a snapshot once folding took longer than this many milliseconds, on a monotonic clock. */
  readonly slowerThan?: number | undefined;
  /** How many of the newest snapshots to keep, from 1; default 3. */
  readonly keep?: number | undefined;
}

/** A state, and the version or position up to which events are in it. */
interface Folded<State> {
  readonly state: State;
  readonly key: number;
}

/** The snapshots of one projection for one scope. */
export interface Snapshots<State> {
  /** Resolves with the newest state that was saved up to a key, or with the initial state if there is none or it cannot be read. */
  newest(upTo: number): Promise<Folded<State>>;
  /** Saves a state if the policy asks for it: `events` were folded since the newest snapshot, in `milliseconds`. Resolves with whether it was saved. */
  offer(folded: Folded<State>, events: number, milliseconds: number): Promise<boolean>;
}

/** Checks a definition's policy. @throws `invalid-argument`. */
export function checkPolicy(policy: SnapshotPolicy | undefined): void {
  if (policy === undefined) return;
  checkOptions(policy, ["every", "slowerThan", "keep"], "snapshots");
  const { every, slowerThan, keep } = policy;
  if (every === undefined && slowerThan === undefined) {
    throw invalidArgument(
      "snapshots",
      "snapshots must say when to save one: every (events), or slowerThan (milliseconds)",
    );
  }
  if (every !== undefined) checkInteger(every, "snapshots.every", 1);
  if (slowerThan !== undefined) checkInteger(slowerThan, "snapshots.slowerThan", 0);
  if (keep !== undefined) checkInteger(keep, "snapshots.keep", 1);
}

/** Returns the snapshots of one projection, which are loaded and saved as its policy says. */
export function createSnapshots<State>(context: StoreContext, fold: Fold<State>, scope: Scope): Snapshots<State> {
  const { storage, clock } = context;
  const { schema, snapshots: policy } = fold;
  const { stream = ALL_STREAMS, filter } = scope;
  // Another filter gives another state, so the filter is part of the name. No projection's own name starts with "@".
  const projection = filter === undefined ? fold.name : `@${stringify([fold.name, filter])}`;

  /** Whether a snapshot was found that cannot be read: the next one is saved at once, and replaces it. */
  let damaged = false;

  /** A snapshot only saves time: without one that can be read, the events give the same state. `verify` reports it. */
  async function newest(upTo: number): Promise<Folded<State>> {
    let found;
    try {
      found = policy && (await storage.loadSnapshot({ stream, projection, schema, upTo }));
      if (found) return { state: freezeState(parseState(found) as State), key: found.version };
    } catch (error) {
      if (!isEventStoreError(error, "storage-corrupt")) throw error;
      damaged = true;
      // An older one costs a look, and saves the events before it.
      if (found) return newest(found.version - 1);
    }
    return { state: fold.initial(), key: 0 };
  }

  async function offer({ state, key }: Folded<State>, events: number, milliseconds: number): Promise<boolean> {
    const { every = Infinity, slowerThan = Infinity, keep = KEEP } = policy ?? {};
    if (events === 0 || (!damaged && events < every && milliseconds <= slowerThan)) return false;
    const text = stateToJson(state, `the snapshot of "${fold.name}": `);
    try {
      await storage.saveSnapshot({ stream, projection, schema, version: key, state: text, timestamp: clock(), keep });
      damaged = false;
      return true;
    } catch (error) {
      // If the disk is full or busy, or the place of snapshots is damaged, the state is correct without one.
      if (isEventStoreError(error) && MAY_FAIL.has(error.code)) return false;
      throw error;
    }
  }

  return { newest, offer };
}
