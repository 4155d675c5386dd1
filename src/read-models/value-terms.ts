import { invalidArgument } from "../errors.ts";

/** What is before a list of terms to sort or group by. */
const LISTS = /\b(?:(?:order|group|partition)\s+by\b|distinct\s+on\s*\()/gi;

/** The words after such a list: a comma that follows one of them separates something else. */
const END =
  /^(?:limit|offset|fetch|for|having|window|rows|range|groups|union|except|intersect|order|on|returning|select)$/i;

/** What leaves a value what it is, as a term: parentheses, casts and the direction. */
const AROUND = /[\s(),]|::\s*\w+(?:\[\])?|\bcollate\s+\S+|\b(?:asc|desc|nulls|first|last)\b/gi;

/**
 * Refuses a statement that sorts or groups by a bound value alone, such as the name of a column: it is the same for every row, so
 * nothing would be sorted. `bare` is the text without quotes and comments, in which the character `mark` stands for each value.
 *
 * @throws `invalid-argument`.
 */
export function refuseValueTerms(bare: string, mark: string): void {
  for (const { 0: found, index } of bare.matchAll(LISTS)) {
    const values = termsFrom(bare, index + found.length).map((term) => term.replaceAll(AROUND, ""));
    if (!values.some((rest) => rest !== "" && rest.replaceAll(mark, "") === "")) continue;
    const how = found.replace("(", "").trim().replaceAll(/\s+/g, " ").toUpperCase();
    const why = "which is the same for every row";
    throw invalidArgument("sql", `${how} is followed by a value, ${why}: give a column as \${identifier("name")}`);
  }
}

/** Returns the terms of the list that begins at a place. */
function termsFrom(bare: string, start: number): readonly string[] {
  const terms: string[] = [];
  let from = start;
  let depth = 0;
  for (const { 0: found, index } of bare.slice(start).matchAll(/[(),;]|[\w$\u0080-\uffff]+/g)) {
    if (found === "(") depth += 1;
    else if (found === ")") depth -= 1;
    const ends = depth < 0 || found === ";" || (depth === 0 && END.test(found));
    if (!ends && (depth > 0 || found !== ",")) continue;
    terms.push(bare.slice(from, start + index));
    if (ends) return terms;
    from = start + index + 1;
  }
  return [...terms, bare.slice(from)];
}
