import { isEventStoreError, invalidArgument } from "../../errors.ts";
import type { ModelTable } from "../../storage/protocol.ts";
import type { PostgresAsk, PostgresDriver, PostgresQuery } from "../driver.ts";
import { quoted } from "../values.ts";
import { guardTable } from "./guard.ts";
import { bareText } from "./statement-text.ts";
import { explainWrong, isWrongStatement } from "./wrong-statement.ts";

/** PostgreSQL silently shortens longer names; the tables of a rebuild have one character more. */
const LONGEST_NAME = 62;

/**
 * Creates a table of a read model under the name `own`, with its indexes. The caller rolls back if this throws.
 *
 * @throws `invalid-argument` if PostgreSQL refuses a definition, or if the table would use something outside its model.
 */
export async function createTable(
  driver: Pick<PostgresDriver, "codeOf">,
  query: PostgresQuery,
  ask: PostgresAsk,
  s: string,
  { name, columns, indexes }: ModelTable,
  own: string,
): Promise<void> {
  const shown = name.slice(name.lastIndexOf(".") + 1);
  const what = `the table "${shown}"`;
  if (name.length > LONGEST_NAME) {
    const message = `the names of the model and of ${what} are too long for PostgreSQL, which allows ${LONGEST_NAME} characters for "${name}"`;
    throw invalidArgument("tables", message);
  }

  /** Runs one statement; the texts in its parentheses must not leave them. */
  async function create(subject: string, inside: string, text: string): Promise<void> {
    if (!staysInside(inside)) throw invalidArgument("tables", `${subject} cannot be created: ${UNBALANCED}`);
    try {
      await ask(text);
    } catch (error) {
      if (!isWrongStatement(driver, error)) throw error;
      throw invalidArgument("tables", `${subject} cannot be created: ${explainWrong(driver, error)}`);
    }
  }

  const table = `${s}.${quoted(own)}`;
  await create(what, columns, `CREATE TABLE ${table} (${columns}\n)`);
  for (const index of indexes) {
    await create(`the index "${index}" of ${what}`, index, `CREATE INDEX ON ${table} (${index}\n)`);
  }
  const why = await guardTable(query, s, own).catch((error: unknown) => {
    if (!isEventStoreError(error)) throw error;
    return error.message;
  });
  if (why !== undefined) throw invalidArgument("tables", `${what} cannot be created: ${why}`);
}

const UNBALANCED = "the columns are what stands in its parentheses";

function staysInside(text: string): boolean {
  let depth = 0;
  for (const [sign] of bareText(text).matchAll(/[();]/g)) {
    depth += sign === "(" ? 1 : sign === ")" ? -1 : Number.NaN;
    if (!(depth >= 0)) return false;
  }
  return depth === 0;
}
