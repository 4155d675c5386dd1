import { monotonicNow } from "../../platform.ts";
import { CLIENT_LIVES, clientsOf, keyOf, type ModelKey } from "../../storage/read-model-names.ts";
import type { SqliteDriver } from "../driver.ts";

/** Which read models have clients that live, by the leases that they prolong. Synchronous; the caller has the transaction. */
export interface LivingClients {
  /** Whether one lives, as far as the wall clock is right: for what does no harm where it is wrong. */
  seem(model: ModelKey, now: number): boolean;
  /**
   * Whether one may live, whatever the wall clock says: one is taken for dead once this storage has seen its lease unchanged for the
   * whole of its duration.
   */
  mayBe(model: ModelKey): boolean;
  /** Removes the leases of a model's clients, all of which are dead. */
  forget(model: ModelKey): void;
}

/** A lease, and since when it is as it is, on the monotonic clock. */
interface Seen {
  readonly token: number;
  readonly expires: number;
  readonly since: number;
}

export function createLivingClients(driver: SqliteDriver): LivingClients {
  const selectOne = driver.prepare(
    "SELECT 1 FROM leases WHERE substr(name, 1, length(?)) = ? AND expires > ? AND expires <= ? LIMIT 1",
  );
  const selectAll = driver.prepare("SELECT name, token, expires FROM leases WHERE substr(name, 1, length(?)) = ?");
  const remove = driver.prepare("DELETE FROM leases WHERE substr(name, 1, length(?)) = ?");
  const seenOf = new Map<string, ReadonlyMap<string, Seen>>();

  return {
    seem(model, now) {
      const clients = clientsOf(model);
      // What runs out later than any could was written before the clock was set back: whoever lives says so again.
      return selectOne.get(clients, clients, now, now + 2 * CLIENT_LIVES) !== undefined;
    },
    mayBe(model) {
      const clients = clientsOf(model);
      const now = monotonicNow();
      const before = seenOf.get(keyOf(model));
      const seen = new Map<string, Seen>();
      for (const [name, token, expires] of selectAll.all(clients, clients) as [string, number, number][]) {
        const known = before?.get(name);
        const unchanged = known?.token === token && known.expires === expires;
        seen.set(name, unchanged ? known : { token, expires, since: now });
      }
      seenOf.set(keyOf(model), seen);
      return [...seen.values()].some(({ since }) => now - since < CLIENT_LIVES);
    },
    forget(model) {
      const clients = clientsOf(model);
      remove.run(clients, clients);
      seenOf.delete(keyOf(model));
    },
  };
}
