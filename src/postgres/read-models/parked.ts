import { stringify } from "../../events/json.ts";
import type { NewParkedRecord, ParkedRecord } from "../../storage/protocol.ts";
import type { PostgresQuery } from "../driver.ts";
import { selectParked, toParked } from "../rows.ts";
import { arrayOf } from "../values.ts";

/** The parked events of read models. Every function runs its statement with the given `query`. */
export interface ParkedTable {
  add(query: PostgresQuery, owner: string, records: readonly NewParkedRecord[]): Promise<void>;
  has(query: PostgresQuery, owner: string, position: number): Promise<boolean>;
  /** Records another failed attempt. */
  failAgain(query: PostgresQuery, owner: string, record: NewParkedRecord): Promise<void>;
  remove(query: PostgresQuery, owner: string, position: number): Promise<void>;
  list(query: PostgresQuery, owner: string): Promise<readonly ParkedRecord[]>;
}

/** `s`: the schema's quoted name. */
export function createParkedTable(s: string): ParkedTable {
  const one = "WHERE owner = $1 AND position = $2";
  return {
    async add(query, owner, records) {
      if (records.length === 0) return;
      await query(
        `INSERT INTO ${s}.parked (owner, position, message, attempts, timestamp)
          SELECT $1, position, message, 1, timestamp FROM unnest($2::bigint[], $3::text[], $4::bigint[]) AS p (position, message, timestamp)
          ON CONFLICT (owner, position) DO UPDATE
          SET message = excluded.message, attempts = 1, timestamp = excluded.timestamp`,
        [
          owner,
          arrayOf(records.map(({ position }) => position)),
          arrayOf(records.map(({ message }) => stringify(message))),
          arrayOf(records.map(({ timestamp }) => timestamp)),
        ],
      );
    },
    has: async (query, owner, position) =>
      (await query(`SELECT 1 FROM ${s}.parked ${one}`, [owner, position])).length > 0,
    async failAgain(query, owner, { position, message, timestamp }) {
      await query(`UPDATE ${s}.parked SET message = $3, timestamp = $4, attempts = attempts + 1 ${one}`, [
        owner,
        position,
        stringify(message),
        timestamp,
      ]);
    },
    async remove(query, owner, position) {
      await query(`DELETE FROM ${s}.parked ${one}`, [owner, position]);
    },
    list: async (query, owner) => (await query(`${selectParked(s)} ORDER BY p.position`, [owner])).map(toParked),
  };
}
