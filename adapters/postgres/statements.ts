import type pg from "pg";
import type { PostgresResult, PostgresRow, PostgresValue } from "../../src/adapter.ts";

/** Every value as PostgreSQL's text. */
const AS_TEXT: pg.CustomTypesConfig = { getTypeParser: () => (text: unknown) => text };

/** Runs one statement, or several without parameters, and resolves with the rows of the last. */
export async function run(
  to: Pick<pg.Pool, "query"> | Pick<pg.Client, "query">,
  timeout: number,
  text: string,
  values?: readonly PostgresValue[],
): Promise<readonly PostgresRow[]> {
  const result: unknown = await (to as pg.Client).query(toStatement(text, timeout, values));
  // Several statements at once have several results.
  const last = (Array.isArray(result) ? result.at(-1) : result) as { readonly rows: readonly PostgresRow[] };
  return last.rows;
}

/** A statement for pg, which takes its connection for lost if there is no answer in time. */
export function toStatement(
  text: string,
  timeout: number,
  values?: readonly PostgresValue[],
  name?: string,
): pg.QueryArrayConfig & { readonly query_timeout: number } {
  return {
    text,
    rowMode: "array",
    types: AS_TEXT,
    query_timeout: timeout,
    ...(values && { values: values as PostgresValue[] }),
    ...(name !== undefined && { name }),
  };
}

/**
 * Runs one statement, for as long as the server lets it: the extended protocol takes no more than one
 * (https://www.postgresql.org/docs/current/protocol-flow.html).
 */
export async function ask(
  client: pg.PoolClient,
  text: string,
  values: readonly PostgresValue[] = [],
): Promise<PostgresResult> {
  const statement = { text, rowMode: "array" as const, types: AS_TEXT, queryMode: "extended", values: [...values] };
  const { fields, rows } = await client.query<(string | null)[]>(statement);
  return { columns: fields.map(({ name, dataTypeID: type }) => ({ name, type })), rows };
}
