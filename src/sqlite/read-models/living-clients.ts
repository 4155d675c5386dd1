import { monotonicNow } from "../../platform.ts";
import { CLIENT_LIVES, clientsOf, keyOf, type ModelKey } from "../../storage/read-model-names.ts";
import type { SqliteDriver } from "../driver.ts";

/** Finds out which read models have living clients, from the leases that these renew. Synchronous; the caller opens the transaction. */
export interface LivingClients {
  /** Whether a client is alive, judged by the wall clock, which may be wrong: for decisions that do no harm then. */
  seem(model: ModelKey, now: number): boolean;
  /**
   * Whether a client may be alive, whatever the wall clock says. A client counts as dead once this storage has seen its lease unchanged
   * for the lease's whole duration.
   */
  mayBe(model: ModelKey): boolean;
  /** Removes the leases of a model's clients, which are all dead. */
  forget(model: ModelKey): void;
}

/** A lease, and since when it is unchanged, on the monotonic clock. */
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
      // A lease that expires later than a new one could was written before the clock was set back: a living client renews it.
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
