import type { Fence, LeaseOutcome, LeaseRequest, LeaseStorage } from "../storage/protocol.ts";
import type { Synchronous } from "../storage/synchronous.ts";
import { EventStoreError } from "../errors.ts";
import { findLeaseProblem } from "../storage/plausible.ts";
import { renewedExpiry, refusal, type KeptLease } from "../storage/lease-rules.ts";
import { CLIENTS } from "../storage/read-model-names.ts";
import type { SqliteDriver } from "./driver.ts";

/**
 * The number of expired leases of read models' clients to keep. Each client's lease has a name of its own, which no other client takes
 * over, so a process that crashes every minute would fill the file. A client that is alive, but whose lease was removed because the
 * clock was set forward, acquires it again.
 */
const DEAD_CLIENTS = 1_000;

/** Leases. Synchronous, with one transaction for each call. */
export interface LeaseTable {
  readonly verbs: Synchronous<LeaseStorage>;
  /** Tells whether a fence's lease is still held. Call it inside the transaction that it guards. */
  stands(fence: Fence): boolean;
}

export function createLeaseTable(driver: SqliteDriver): LeaseTable {
  const select = driver.prepare("SELECT holder, token, expires FROM leases WHERE name = ?");
  const upsert = driver.prepare("INSERT OR REPLACE INTO leases (name, holder, token, expires) VALUES (?, ?, ?, ?)");
  const remove = driver.prepare("DELETE FROM leases WHERE name = ? AND token = ?");
  const forget = driver.prepare(
    "DELETE FROM leases WHERE substr(name, 1, length(?)) = ? AND expires <= ? AND token <= ?",
  );
  const selectNames = driver.prepare(
    "SELECT name FROM leases WHERE substr(name, 1, length(?)) = ? AND expires > ? ORDER BY name",
  );
  const raiseToken = driver.prepare(
    "INSERT INTO meta (key, value) VALUES ('last_lease', 1) ON CONFLICT DO UPDATE SET value = value + 1",
  );
  const selectToken = driver.prepare("SELECT value FROM meta WHERE key = 'last_lease'");

  function find(name: string): KeptLease | undefined {
    const [holder, token, expires] = (select.get(name) as [string, number, number] | undefined) ?? [];
    if (holder === undefined) return undefined;
    const lease = { holder, token: token as number, expires: expires as number };
    const problem = findLeaseProblem(lease, (selectToken.get()?.[0] as number | undefined) ?? 0);
    if (problem === undefined) return lease;
    throw new EventStoreError("storage-corrupt", `lease ${name}: ${problem}: restore the database from a copy`, {});
  }

  function acquire(request: LeaseRequest): LeaseOutcome {
    const { name, holder, now, duration } = request;
    const found = find(name);
    const refused = refusal(found, request);
    if (refused !== undefined) return refused;
    if (found?.holder === holder) {
      upsert.run(name, holder, found.token, renewedExpiry(found, request));
      return { held: true, token: found.token };
    }
    raiseToken.run();
    const raised = selectToken.get()?.[0] as number;
    forget.run(CLIENTS, CLIENTS, now, raised - DEAD_CLIENTS);
    upsert.run(name, holder, raised, now + duration);
    return { held: true, token: raised };
  }

  return {
    verbs: {
      acquireLease(request) {
        // Checked without a write transaction first: waiting clients ask often, and others want to write.
        return refusal(find(request.name), request) ?? driver.transaction("write", () => acquire(request));
      },
      releaseLease({ lease, token }) {
        remove.run(lease, token);
      },
      listLeases: ({ prefix, now }) => selectNames.all(prefix, prefix, now).map(([name]) => name as string),
    },
    stands: ({ lease, token }) => select.get(lease)?.[1] === token,
  };
}
