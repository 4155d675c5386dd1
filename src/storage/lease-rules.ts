import type { LeaseRequest } from "./lease-protocol.ts";

/** A lease as a storage keeps it. */
export interface KeptLease {
  readonly holder: string;
  readonly token: number;
  /** In milliseconds since the epoch. */
  readonly expires: number;
}

/** For how long a lease is somebody else's, in milliseconds, as far as the clock is right; 0: it can be taken. */
export function takenFor(found: KeptLease | undefined, { holder, now, force, instead }: LeaseRequest): number {
  if (found === undefined || found.holder === holder || force === true) return 0;
  if (found.token === instead?.token && found.expires === instead.expires) return 0;
  return Math.max(0, found.expires - now);
}

/**
 * When a lease runs out that its holder prolongs. It is another time each time, so that others see a holder that lives also where
 * the clock stands still. One that is sent again, late, does not shorten it; but what cannot be, since the clock was set back, is given up.
 */
export function prolonged({ expires }: KeptLease, { now, duration }: LeaseRequest): number {
  const asked = now + duration;
  return expires > asked + duration ? asked : Math.max(asked, expires + 1);
}
