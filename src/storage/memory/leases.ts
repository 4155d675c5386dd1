import type { Fence, LeaseOutcome, LeaseQuery, LeaseRequest } from "../protocol.ts";

interface Lease {
  readonly holder: string;
  readonly token: number;
  /** In milliseconds since the epoch. */
  readonly expires: number;
}

/** Leases of the reference implementation: one process has it, and so nobody but its own clients asks. */
export interface MemoryLeases {
  acquire(request: LeaseRequest): LeaseOutcome;
  release(fence: Fence): void;
  list(query: LeaseQuery): readonly string[];
  /** Whether a fence still stands. */
  stands(fence: Fence): boolean;
}

export function createMemoryLeases(): MemoryLeases {
  const leases = new Map<string, Lease>();
  let last = 0;

  return {
    acquire({ name, holder, now, duration, force }) {
      const found = leases.get(name);
      const own = found?.holder === holder;
      if (found !== undefined && !own && found.expires > now && force !== true) {
        return { held: false, remaining: found.expires - now };
      }
      if (!own) for (const [expired, { expires }] of leases) if (expires <= now) leases.delete(expired);
      const token = own ? found.token : ++last;
      leases.set(name, { holder, token, expires: Math.max(own ? found.expires : 0, now + duration) });
      return { held: true, token };
    },
    release({ lease, token }) {
      if (leases.get(lease)?.token === token) leases.delete(lease);
    },
    list: ({ prefix, now }) =>
      [...leases]
        .filter(([name, { expires }]) => name.startsWith(prefix) && expires > now)
        .map(([name]) => name)
        .sort(),
    stands: ({ lease, token }) => leases.get(lease)?.token === token,
  };
}
