import type { Fence, LeaseOutcome, LeaseQuery, LeaseRequest } from "../storage/protocol.ts";
import type { SqliteDriver } from "./driver.ts";

/** Who may do what alone: synchronous, one transaction a call. */
export interface LeaseTable {
  acquire(request: LeaseRequest): LeaseOutcome;
  release(fence: Fence): void;
  list(query: LeaseQuery): readonly string[];
  /** Whether a fence still stands. Ask in the transaction of what it guards. */
  stands(fence: Fence): boolean;
}

export function createLeaseTable(driver: SqliteDriver): LeaseTable {
  const select = driver.prepare("SELECT holder, token, expires FROM leases WHERE name = ?");
  const upsert = driver.prepare("INSERT OR REPLACE INTO leases (name, holder, token, expires) VALUES (?, ?, ?, ?)");
  const remove = driver.prepare("DELETE FROM leases WHERE name = ? AND token = ?");
  const removeExpired = driver.prepare("DELETE FROM leases WHERE expires <= ?");
  const selectNames = driver.prepare(
    "SELECT name FROM leases WHERE substr(name, 1, length(?)) = ? AND expires > ? ORDER BY name",
  );
  const raiseToken = driver.prepare(
    "INSERT INTO meta (key, value) VALUES ('last_lease', 1) ON CONFLICT DO UPDATE SET value = value + 1",
  );
  const selectToken = driver.prepare("SELECT value FROM meta WHERE key = 'last_lease'");

  /** For how long it is somebody else's. */
  function takenFor({ name, holder, now, force }: LeaseRequest): number {
    const [owner, , expires] = (select.get(name) as [string, number, number] | undefined) ?? [holder, 0, 0];
    return owner === holder || force === true ? 0 : Math.max(0, expires - now);
  }

  function acquire(request: LeaseRequest): LeaseOutcome {
    const { name, holder, now, duration } = request;
    const remaining = takenFor(request);
    if (remaining > 0) return { held: false, remaining };
    const [owner, token, expires] = (select.get(name) as [string, number, number] | undefined) ?? [undefined, 0, 0];
    if (owner === holder) {
      // One that is sent again, late, does not shorten it.
      upsert.run(name, holder, token, Math.max(expires, now + duration));
      return { held: true, token };
    }
    removeExpired.run(now);
    raiseToken.run();
    const raised = selectToken.get()?.[0] as number;
    upsert.run(name, holder, raised, now + duration);
    return { held: true, token: raised };
  }

  return {
    acquire(request) {
      // Asked before, too, without a transaction: whoever waits for a lease asks often, and others want to write.
      const remaining = takenFor(request);
      return remaining > 0 ? { held: false, remaining } : driver.transaction("write", () => acquire(request));
    },
    release({ lease, token }) {
      remove.run(lease, token);
    },
    list: ({ prefix, now }) => selectNames.all(prefix, prefix, now).map(([name]) => name as string),
    stands: ({ lease, token }) => select.get(lease)?.[1] === token,
  };
}
