import { createUuidv7 } from "../events/ids.ts";
import { takeLease, type Lease } from "../storage/take-lease.ts";
import { builderOf, CLIENT_LIVES, clientsOf, type ModelKey } from "../storage/read-model-names.ts";
import { modelsOf } from "../storage/capabilities.ts";
import { every, monotonicNow, type AbortSignalLike } from "../platform.ts";
import type { StoreContext } from "../storage/store-context.ts";

/**
 * How long the right to build lasts without being renewed, in milliseconds: so long others wait after a crash. Losing it does
 * no harm, because every write compares checkpoints.
 */
const BUILDING = 3_000;

/** It is renewed after this many milliseconds. */
const RENEWAL = 1_000;

/** How often a client is heard of, in milliseconds. */
const SIGN_OF_LIFE = 100_000;

/** The right to do alone what takes long: others would do the same for nothing. */
export interface BuildingLease {
  /** Renews it when it is time to. False: it is lost. */
  hold(): Promise<boolean>;
  /** Releases it, at once if the storage works in this thread. Does not reject. */
  release(): Promise<void>;
}

/** Waits for the right to build. Rejects with the signal's reason. */
export async function takeBuildingLease(
  { storage, clock }: Pick<StoreContext, "storage" | "clock">,
  model: ModelKey,
  signal: AbortSignalLike,
): Promise<BuildingLease> {
  const request = { name: builderOf(model), holder: createUuidv7(clock)(), duration: BUILDING, signal, clock };
  const lease = await takeLease(storage, request);
  let renewed = monotonicNow();
  return {
    async hold() {
      if (monotonicNow() - renewed < RENEWAL) return true;
      renewed = monotonicNow();
      return lease.renew();
    },
    release: () => giveBack(lease),
  };
}

function giveBack(lease: Pick<Lease, "release">): Promise<void> {
  // Where that fails, as in a store that has been closed, it runs out by itself.
  return lease.release().catch(() => undefined);
}

/** Says that a client of a model lives, until the result is called; and removes what older clients have left, when told to. */
export async function announceClient(
  context: Pick<StoreContext, "storage" | "clock">,
  model: ModelKey,
  mayRemove: () => boolean,
): Promise<() => Promise<void>> {
  const { storage, clock } = context;
  const { leases } = storage;
  const holder = createUuidv7(clock)();
  const name = clientsOf(model) + holder;
  const sign = () => leases.acquireLease({ name, holder, now: clock(), duration: CLIENT_LIVES });
  let outcome = await sign();

  const stop = every(SIGN_OF_LIFE, () => {
    // What is wrong shows in the calls that matter.
    const tended = sign().then((renewed) => {
      outcome = renewed;
      return mayRemove() ? removeLeft(context, model) : undefined;
    });
    tended.catch(() => undefined);
  });
  return async () => {
    stop();
    const last = outcome;
    if (last.held) await giveBack({ release: () => leases.releaseLease({ lease: name, token: last.token }) });
  };
}

/** Removes the tables of older schemas that no living client has. Rejects with one of the storage codes. */
export function removeLeft(
  { storage }: Pick<StoreContext, "storage" | "clock">,
  { name, schema }: ModelKey,
): Promise<void> {
  return modelsOf(storage).sweepModels({ name, schema });
}
