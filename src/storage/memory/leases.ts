import type { Fence, LeaseStorage } from "../protocol.ts";
import type { Synchronous } from "../synchronous.ts";
import { prolonged, refusal, type KeptLease } from "../lease-rules.ts";

/** Leases of the reference implementation: one process has it, and so nobody but its own clients asks. */
export interface MemoryLeases {
  readonly verbs: Synchronous<LeaseStorage>;
  /** Whether a fence still stands. */
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
        leases.set(name, { holder, token, expires: own ? prolonged(found, request) : now + duration });
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
