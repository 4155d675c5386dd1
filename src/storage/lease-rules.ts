import type { LeaseOutcome, LeaseRequest } from "./lease-protocol.ts";

/** A lease as a storage keeps it. */
export interface KeptLease {
  readonly holder: string;
  readonly token: number;
  /** In milliseconds since the epoch. */
  readonly expires: number;
}

/**
 * Returns the refusal of a request for a lease that another client holds; undefined if the lease can be taken. A lease that has expired
 * by the wall clock cannot: a clock that was set forward would take it from a living holder. See {@link LeaseRequest.instead}.
 */
export function refusal(found: KeptLease | undefined, request: LeaseRequest): LeaseOutcome | undefined {
  const { holder, now, force, instead } = request;
  if (found === undefined || found.holder === holder || force === true) return undefined;
  if (found.token === instead?.token && found.expires === instead.expires) return undefined;
  return { held: false, remaining: Math.max(0, found.expires - now), seen: found };
}

/**
 * Returns when a renewed lease expires. The time rises with each renewal, even if the clock stands still, so that others see that the
 * holder is alive; a renewal that is sent again late does not shorten the lease. A time that is too late to be valid, because the clock
 * was set back since, is replaced.
 */
export function renewedExpiry({ expires }: KeptLease, { now, duration }: LeaseRequest): number {
  const asked = now + duration;
  return expires > asked + duration ? asked : Math.max(asked, expires + 1);
}

/** The longest duration of a lease, in milliseconds: the longest time of a timer. */
export const LONGEST_LEASE: number = 2 ** 31 - 1;

/** A holder's id ends with the duration of its leases, so that others know how long to wait. */
const DURATION = / (\d+)$/;

export function holderId(id: string, duration: number): string {
  return `${id} ${duration}`;
}

/** Returns the duration of a holder's leases in milliseconds; undefined if its id does not contain it. */
export function durationOf(holder: string): number | undefined {
  const [, duration] = DURATION.exec(holder) ?? [];
  return duration === undefined ? undefined : Number(duration);
}
