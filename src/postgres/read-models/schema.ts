/**
 * Format 2: read models. Each schema of a model has its own tables and its own checkpoint; the columns are those of a SQLite file.
 * `run_statements` runs the statements of a batch in one call, so that one `statement_timeout` holds for all of them. It returns the
 * number of the first that is wrong and why, and then has changed nothing.
 */
export function format2(s: string): string {
  return `
  CREATE TABLE ${s}.models (
    name text COLLATE "C" NOT NULL,
    schema bigint NOT NULL,
    tables text NOT NULL,
    checkpoint bigint NOT NULL,
    built boolean NOT NULL DEFAULT false,
    generation bigint NOT NULL DEFAULT 0,
    rebuild bigint,
    rebuild_code text,
    PRIMARY KEY (name, schema)
  );

  CREATE FUNCTION ${s}.run_statements(texts text[], numbers int[], parameters text[]) RETURNS text LANGUAGE plpgsql AS $body$
  DECLARE
    run int := 0;
    parameter text;
  BEGIN
    FOREACH parameter IN ARRAY parameters LOOP
      run := run + 1;
      EXECUTE texts[numbers[run]] USING parameter::text[];
    END LOOP;
    RETURN NULL;
  EXCEPTION WHEN OTHERS THEN
    IF SQLSTATE !~ '${WRONG_STATEMENT.source}' THEN RAISE; END IF;
    RETURN concat_ws(' ', run, SQLSTATE, SQLERRM);
  END $body$;
`;
}

/**
 * The errors that mean that a statement is wrong, not that the database is
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
export const WRONG_STATEMENT: RegExp = /^(0A|2[123B]|42|44|54|55000|P0001)/;
