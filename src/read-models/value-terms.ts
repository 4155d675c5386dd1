import { invalidArgument } from "../errors.ts";

/** The parts of a statement: what begins a list of terms, what leaves a value what it is (casts, the direction), words, and signs. */
const PARTS =
  /(?<list>(?:order|group)\s+by(?![\w$\u0080-\uffff])|distinct\s+on\s*\()|(?<around>\s+|::\s*\w+(?:\[\])?|(?:collate\s+[^\s(),;]+|asc|desc|nulls|first|last)(?![\w$\u0080-\uffff]))|[\w$\u0080-\uffff]+|[^]/gi;

/** The words after such a list: a comma that follows one of them separates something else. */
const END =
  /^(?:limit|offset|fetch|for|having|window|rows|range|groups|union|except|intersect|order|on|returning|select)$/;

/** What is between two brackets. */
interface Inside {
  /** Of which list the terms are, if they are of one. */
  list: string | undefined;
  /** Whether it is the definition of a window, whose order may be that of any row. */
  readonly window: boolean;
  /** Whether windows are defined here, after the word WINDOW. */
  windows: boolean;
  /** Whether the term has a value in it, and whether it has anything else. */
  value: boolean;
  other: boolean;
  /** The same of all terms. */
  anyValue: boolean;
  anyOther: boolean;
}

/**
 * Refuses a statement that sorts or groups by a bound value alone, such as the name of a column: it is the same for every row, so
 * nothing would be sorted. In a window this is allowed: `row_number() OVER (ORDER BY …)` numbers rows in any order. `bare` is the text
 * without quotes and comments, in which the character `mark` stands for each value.
 *
 * @throws `invalid-argument`.
 */
export function refuseValueTerms(bare: string, mark: string): void {
  const around: Inside[] = [];
  let inside = open(false);
  let word = "";
  for (const { 0: found, groups } of bare.matchAll(PARTS)) {
    if (groups?.["around"] !== undefined) continue;
    const part = groups?.["list"] === undefined ? found.toLowerCase() : "list";
    if (part === "list") {
      const list = found.replace("(", "").trim().replaceAll(/\s+/g, " ").toUpperCase();
      endTerm(inside);
      inside.anyOther = true;
      if (found.endsWith("(")) {
        inside.other = true;
        around.push(inside);
        inside = open(false);
      }
      inside.list = inside.window ? undefined : list;
    } else if (part === "(" || part === "[") {
      if (part === "[") inside.other = true;
      around.push(inside);
      inside = open(word === "over" || (word === "as" && inside.windows));
    } else if (part === ")" || part === "]") {
      inside = close(inside, around.pop());
    } else if (part === ",") endTerm(inside);
    else if (part === mark) inside.value = true;
    else if (part === ";" || END.test(part)) {
      endTerm(inside);
      inside.list = undefined;
      inside.windows = part === "window";
      inside.other = true;
    } else inside.other = true;
    word = part;
  }
  while (around.length > 0) inside = close(inside, around.pop());
  endTerm(inside);
}

function open(window: boolean): Inside {
  return { list: undefined, window, windows: false, value: false, other: false, anyValue: false, anyOther: false };
}

/** Ends what is between two brackets, and returns what is around them, of whose term it is a part. */
function close(inside: Inside, around: Inside = open(false)): Inside {
  endTerm(inside);
  around.value ||= inside.anyValue;
  around.other ||= inside.anyOther;
  return around;
}

function endTerm(inside: Inside): void {
  const { list, value, other } = inside;
  if (list !== undefined && value && !other) {
    const why = "which is the same for every row";
    throw invalidArgument("sql", `${list} is followed by a value, ${why}: give a column as \${identifier("name")}`);
  }
  inside.anyValue ||= value;
  inside.anyOther ||= other;
  inside.value = inside.other = false;
}
