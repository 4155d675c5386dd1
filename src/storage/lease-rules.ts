import type { LeaseOutcome, LeaseRequest } from "./lease-protocol.ts";
import { CLIENTS } from "./read-model-names.ts";

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

/** Dead leases of read models' clients that are kept, so that a process that crashes every minute does not fill the file. */
const DEAD_CLIENTS = 1_000;

/**
 * The leases that nobody asks for again, since each client's has a name of its own: run out by the wall clock, and older than the
 * newest thousand. A living client that is among them, because the clock was set forward, signs again.
 */
export function forgotten(
  now: number,
  last: number,
): { readonly prefix: string; readonly expires: number; readonly token: number } {
  return { prefix: CLIENTS, expires: now, token: last - DEAD_CLIENTS };
}
