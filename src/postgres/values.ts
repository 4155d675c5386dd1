/** Writes an identifier in SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Writes a text in SQL, as it is read whatever `standard_conforming_strings` says. */
export function literal(text: string): string {
  return `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** Writes a list as an array of PostgreSQL (https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO). */
export function arrayOf(values: readonly (string | number | null)[]): string {
  let text = "";
  for (const value of values) {
    if (text !== "") text += ",";
    if (value === null) text += "NULL";
    else if (typeof value === "number") text += value;
    else text += `"${SPECIAL.test(value) ? value.replace(ALL_SPECIAL, "\\$&") : value}"`;
  }
  return `{${text}}`;
}

const SPECIAL = /["\\]/;
const ALL_SPECIAL = /["\\]/g;

/** Whether an id is a canonical, lower-case UUID, which is stored as one. */
export function isUuid(id: string): boolean {
  return CANONICAL_UUID.test(id);
}

const CANONICAL_UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Whether PostgreSQL can hold a text: it has no NUL and no lone surrogates. */
export function isStorable(text: string): boolean {
  return !/\0|\p{Surrogate}/u.test(text);
}

/** Reads an integer that PostgreSQL wrote; NULL is 0. Positions, versions and times are below 2^53. */
export function toNumber(text: string | null | undefined): number {
  return Number(text ?? 0);
}
