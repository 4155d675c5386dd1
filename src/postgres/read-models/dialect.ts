import { invalidArgument } from "../../errors.ts";
import { refuseValueTerms } from "../../read-models/value-terms.ts";
import type { SqlDialect } from "../../storage/protocol.ts";
import { quoted } from "../values.ts";
import { translateColumns } from "./columns.ts";
import { bareText } from "./statement-text.ts";

/** Stands for a value in a composed text. No text of PostgreSQL has this character. */
export const VALUE = "\0";

/** PostgreSQL's dialect: definitions are composed for it where its storage is used. */
export const postgresDialect: SqlDialect = { name: "postgres", compose, translateColumns };

function compose(pieces: readonly string[], names: readonly (string | undefined)[]): string {
  if (pieces.some((piece) => /\0|\p{Surrogate}/u.test(piece))) {
    throw invalid("a statement's text has no NUL and no half of a surrogate pair");
  }
  const between = names.map((name) => (name === undefined ? VALUE : quoted(name)));
  const text = pieces.map((piece, index) => piece + (between[index] ?? "")).join("");
  const bare = bareText(text);
  if (!/[^\s;]/.test(bare)) throw invalid("this statement is empty");
  if (/;\s*[^\s;]/.test(bare)) {
    throw invalid("one statement at a time: return a list of them where there are several");
  }
  if (bare.split(VALUE).length !== text.split(VALUE).length || /(?<![\w$\u0080-\uffff])\$\d/.test(bare)) {
    throw invalid("values are given as ${…}, not inside quotes or comments, and not as $1");
  }
  refuseValueTerms(bare, VALUE);
  return text;
}

function invalid(message: string): Error {
  return invalidArgument("sql", message);
}
