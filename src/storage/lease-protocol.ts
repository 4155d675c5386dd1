/** What one client at a time may do, until it gives that back or does not ask again in time. */
export interface LeaseRequest {
  /** What is to be done by one alone. */
  readonly name: string;
  /** An id of who asks, its own for each. The holder prolongs its lease by asking again. */
  readonly holder: string;
  /** The time of asking, in milliseconds since the epoch: the clock on the wall, which somebody may set. */
  readonly now: number;
  /** How long it lasts from then on, in milliseconds. */
  readonly duration: number;
  /** Whoever else holds it is known to be gone. */
  readonly force?: boolean;
  /** Whoever holds it is taken for gone, if the lease is still this one: for too long, on a monotonic clock, it was not prolonged. */
  readonly instead?: LeaseSeen;
}

/** What an asker sees of somebody else's lease: each time when that is prolonged it is another. */
export interface LeaseSeen {
  readonly holder: string;
  readonly token: number;
  /** In milliseconds since the epoch. */
  readonly expires: number;
}

export type LeaseOutcome =
  /** `token`: greater than that of any lease before, whatever its name; a holder that asks again keeps its own. */
  | { readonly held: true; readonly token: number }
  /** Somebody else's, which runs out after so many milliseconds, as far as the clock is right; 0: it has, and whoever saw it so for long takes it with `instead`. */
  | { readonly held: false; readonly remaining: number; readonly seen: LeaseSeen };

/** What a write shows that only the holder of a lease may do: one that has lost it in the meantime is refused. */
export interface Fence {
  readonly lease: string;
  readonly token: number;
}

export interface LeaseQuery {
  /** Leases whose name starts so. */
  readonly prefix: string;
  /** In milliseconds since the epoch. */
  readonly now: number;
}

/** Leases, kept beside the events. All of this may be sent twice without harm. */
export interface LeaseStorage {
  acquireLease(request: LeaseRequest): Promise<LeaseOutcome>;
  /** Gives a lease back; nothing happens where it is somebody else's by now. */
  releaseLease(fence: Fence): Promise<void>;
  /** The names of those that have not run out, in order. */
  listLeases(query: LeaseQuery): Promise<readonly string[]>;
}

/** A lock of the runtime, which passes on by itself when its holder is gone. */
export interface RuntimeLock {
  /** Whether it is still held: a page that is put away lets go. */
  readonly held: boolean;
  release(): void;
}
