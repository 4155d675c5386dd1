import type { LeaseOutcome, LeaseRequest } from "./lease-protocol.ts";

/** A lease as a storage keeps it. */
export interface KeptLease {
  readonly holder: string;
  readonly token: number;
  /** In milliseconds since the epoch. */
  readonly expires: number;
}

/**
 * The answer to a request for a lease that somebody else holds, or undefined: it can be taken. Running out by a wall clock frees no
 * lease, because a clock that was set forward would take it from a living holder: see {@link LeaseRequest.instead}.
 */
export function refusal(found: KeptLease | undefined, request: LeaseRequest): LeaseOutcome | undefined {
  const { holder, now, force, instead } = request;
  if (found === undefined || found.holder === holder || force === true) return undefined;
  if (found.token === instead?.token && found.expires === instead.expires) return undefined;
  return { held: false, remaining: Math.max(0, found.expires - now), seen: found };
}

/**
 * When a lease runs out that its holder prolongs. It is another time each time, so that others see a holder that lives also where
 * the clock stands still. One that is sent again, late, does not shorten it; but what cannot be, since the clock was set back, is given up.
 */
export function prolonged({ expires }: KeptLease, { now, duration }: LeaseRequest): number {
  const asked = now + duration;
  return expires > asked + duration ? asked : Math.max(asked, expires + 1);
}

/** The longest duration of a lease, in milliseconds: no timer runs longer. */
export const LONGEST_LEASE: number = 2 ** 31 - 1;

/** A holder's id ends with how long it takes its leases for, so that others know how long to wait for it. */
const DURATION = / (\d+)$/;

export function holderId(id: string, duration: number): string {
  return `${id} ${duration}`;
}

/** In milliseconds; undefined: its id does not say. */
export function durationOf(holder: string): number | undefined {
  const [, duration] = DURATION.exec(holder) ?? [];
  return duration === undefined ? undefined : Number(duration);
}
