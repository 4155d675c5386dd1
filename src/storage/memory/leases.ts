import type { Fence, LeaseStorage } from "../protocol.ts";
import type { Synchronous } from "../synchronous.ts";
import { refusal, renewedExpiry, type KeptLease } from "../lease-rules.ts";

/** The leases of the memory storage. */
export interface MemoryLeases {
  readonly verbs: Synchronous<LeaseStorage>;
  /** Whether the lease of a fence is still held. */
  stands(fence: Fence): boolean;
}

export function createMemoryLeases(): MemoryLeases {
  const leases = new Map<string, KeptLease>();
  let last = 0;

  return {
    verbs: {
      acquireLease(request) {
        const { name, holder, now, duration } = request;
        const found = leases.get(name);
        const own = found?.holder === holder;
        const refused = refusal(found, request);
        if (refused !== undefined) return refused;
        const token = own ? found.token : ++last;
        leases.set(name, { holder, token, expires: own ? renewedExpiry(found, request) : now + duration });
        return { held: true, token };
      },
      releaseLease({ lease, token }) {
        if (leases.get(lease)?.token === token) leases.delete(lease);
      },
      listLeases: ({ prefix, now }) =>
        [...leases]
          .filter(([name, { expires }]) => name.startsWith(prefix) && expires > now)
          .map(([name]) => name)
          .sort(),
    },
    stands: ({ lease, token }) => leases.get(lease)?.token === token,
  };
}
