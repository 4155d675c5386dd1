import type { AbortSignalLike } from "../platform.ts";

/** Asks for a lease, which one client at a time holds until it releases the lease or does not renew it in time. */
export interface LeaseRequest {
  /** The name of the lease. */
  readonly name: string;
  /** The unique id of the client. The holder renews its lease by asking again. */
  readonly holder: string;
  /** The client's time, in milliseconds since the epoch. The clock may have been set. */
  readonly now: number;
  /** How long the lease lasts from `now` on, in milliseconds. */
  readonly duration: number;
  /** Takes the lease from its holder, which is known to be gone. */
  readonly force?: boolean;
  /** Takes the lease if it is still this one, which was not renewed for its whole duration on a monotonic clock. */
  readonly instead?: LeaseSeen;
}

/** Another client's lease. It changes each time it is renewed. */
export interface LeaseSeen {
  readonly holder: string;
  readonly token: number;
  /** In milliseconds since the epoch. */
  readonly expires: number;
}

/** The outcome of asking for a lease. */
export type LeaseOutcome =
  /** `token`: greater than that of every earlier lease of any name; a holder that renews its lease keeps the token. */
  | { readonly held: true; readonly token: number }
  /** Another client holds the lease for `remaining` milliseconds more, if the clock is right; 0: it has expired, and may be taken with `instead`. */
  | { readonly held: false; readonly remaining: number; readonly seen: LeaseSeen };

/** A part of every write that only the holder of a lease may do: the write is refused once the lease is lost. */
export interface Fence {
  readonly lease: string;
  readonly token: number;
}

/** Asks for the leases that have not expired. */
export interface LeaseQuery {
  /** Lists only leases whose name starts with this text. */
  readonly prefix: string;
  /** The client's time, in milliseconds since the epoch. */
  readonly now: number;
}

/** Leases, stored with the events. Every call may be sent twice without harm. */
export interface LeaseStorage {
  /** Acquires or renews a lease. */
  acquireLease(request: LeaseRequest): Promise<LeaseOutcome>;
  /** Releases a lease, unless it was lost. */
  releaseLease(fence: Fence): Promise<void>;
  /** Resolves with the names of the leases that have not expired, in order. */
  listLeases(query: LeaseQuery): Promise<readonly string[]>;
}

/** A lock of the runtime, which is released when its holder dies. */
export interface RuntimeLock {
  /** Whether the lock is still held: a page loses it when it enters the back/forward cache. */
  readonly held: boolean;
  /** Releases the lock. */
  release(): void;
}

/** The locks of the runtime that a storage has, if any. */
export interface RuntimeLocks {
  /**
   * Acquires a lock of this name, which one client of the database holds at a time. Absent if the runtime has no locks that are
   * released when their holder dies: then its lease has to expire. Rejects with the signal's reason.
   */
  lock?(name: string, signal?: AbortSignalLike): Promise<RuntimeLock>;
  /**
   * Returns the Web Lock of a lock's name, for tools that list who holds one: a lease is not renewed while its lock is held. Absent
   * where locks are no Web Locks.
   */
  webLockOf?(name: string): string;
}
