import { EventStoreError } from "../errors.ts";
import { refusal, renewedExpiry, type KeptLease } from "../storage/lease-rules.ts";
import type { LeaseOutcome, LeaseRequest, LeaseStorage } from "../storage/protocol.ts";
import { CLIENTS } from "../storage/read-model-names.ts";
import type { PostgresQuery } from "./driver.ts";
import { toNumber } from "./values.ts";

/** The number of expired leases of read models' clients to keep, as in a SQLite file. */
const DEAD_CLIENTS = 1_000;

/** How often a lease is asked for again because others have changed it since it was read. */
const ATTEMPTS = 100;

/** The server's time in milliseconds, which is the same for all clients. */
export const NOW: string = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/** Leases, by the server's clock. A lease is written by one statement, if it is still as it was read. `s`: the schema's quoted name. */
export function createLeaseTable(query: PostgresQuery, s: string): LeaseStorage {
  const select = `SELECT ${NOW}, holder, token, expires FROM (SELECT) one LEFT JOIN ${s}.leases ON name = $1`;
  const write = `SELECT ${s}.write_lease($1, $2, $3, $4, $5, $6, $7, $8)`;
  const remove = `DELETE FROM ${s}.leases WHERE name = $1 AND token = $2`;
  const selectNames = `SELECT name FROM ${s}.leases WHERE starts_with(name, $1) AND expires > ${NOW} ORDER BY name`;

  async function acquireLease(asked: LeaseRequest): Promise<LeaseOutcome> {
    const { name, holder, duration } = asked;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const [[now, ...lease] = []] = await query(select, [name]);
      const request = { ...asked, now: toNumber(now) };
      const found = toLease(lease);
      const refused = refusal(found, request);
      if (refused !== undefined) return refused;
      const expires = found?.holder === holder ? renewedExpiry(found, request) : request.now + duration;
      const seen = [found?.holder ?? null, found?.token ?? null, found?.expires ?? null];
      const [[token] = []] = await query(write, [name, holder, expires, ...seen, CLIENTS, DEAD_CLIENTS]);
      if (token != null) return { held: true, token: toNumber(token) };
    }
    throw new EventStoreError("storage-busy", `lease ${name}: it changed ${ATTEMPTS} times`, { timeout: 0 });
  }

  return {
    acquireLease,
    async releaseLease({ lease, token }) {
      await query(remove, [lease, token]);
    },
    async listLeases({ prefix }) {
      return (await query(selectNames, [prefix])).map(([name]) => name as string);
    },
  };
}

function toLease([holder, token, expires]: readonly (string | null | undefined)[]): KeptLease | undefined {
  if (holder == null) return undefined;
  return { holder, token: toNumber(token), expires: toNumber(expires) };
}
