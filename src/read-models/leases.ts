import { createUuidv7 } from "../events/ids.ts";
import { takeLease, type Lease } from "../storage/take-lease.ts";
import { builderOf, CLIENT_LIVES, clientsOf, type ModelKey } from "../storage/read-model-names.ts";
import { modelsOf } from "../storage/capabilities.ts";
import { every, monotonicNow, type AbortSignalLike } from "../platform.ts";
import type { StoreContext } from "../storage/store-context.ts";

/**
 * The duration of the lease for building tables, in milliseconds. Other clients wait so long after a crash. Losing the lease does no
 * harm, because every write compares checkpoints.
 */
const BUILDING = 3_000;

/** When the lease is renewed, in milliseconds after the last renewal. */
const RENEWAL = 1_000;

/** How often a client renews the lease that shows it is alive, in milliseconds. */
const SIGN_OF_LIFE = 100_000;

/** The lease for building tables, so that several clients do not do the same long work. */
export interface BuildingLease {
  /** Renews the lease when it is due. Resolves with false if the lease is lost. */
  hold(): Promise<boolean>;
  /** Releases the lease, synchronously if the storage works in this thread. Never rejects. */
  release(): Promise<void>;
}

/** Waits for the lease for building tables. Rejects with the signal's reason. */
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
  // If this fails, for example because the store is closed, the lease expires.
  return lease.release().catch(() => undefined);
}

/** Holds a lease that shows that a client of a model is alive, until the returned function is called. Also removes unused tables of older schemas while `mayRemove()` allows it. */
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
    // Errors are ignored: the model's own calls of the storage report them.
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
