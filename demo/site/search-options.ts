/** What the index keeps of a section, to show it. */
export interface Found {
  readonly id: string;
  readonly page: string;
  readonly title: string;
  readonly text: string;
}

/** What a section is found by. */
export interface Indexed extends Found {
  /** The title again, of which only the parts of names are indexed. */
  readonly parts: string;
  readonly synonyms: string;
}

/** What explains something comes before the signatures that have its name, and before what tells of the project. */
const WEIGHTS: readonly (readonly [start: string, weight: number])[] = [
  ["api-rivulet-adapter", 0.1],
  ["api-rivulet.html", 0.27],
  ["api-", 0.2],
  ["changelog", 0.4],
  ["third-party", 0.2],
  ["performance", 0.5],
];

const boostDocument = (id: unknown): number => WEIGHTS.find(([start]) => String(id).startsWith(start))?.[1] ?? 1;

/** Words of questions that say nothing of what is asked. */
const EMPTY: ReadonlySet<string> = new Set(
  (
    "a an and are as at be by can could did do does for from had has have how i if in into is it its me my of on or " +
    "should so than that the their them then there this to was we what when where which who why will with you your"
  ).split(" "),
);

/** The words that a field is found by: names in camel case also by their parts, which count less than a title. */
function termsOf(word: string, field?: string): string[] {
  const parts = word.split(/(?<=[a-z])(?=[A-Z])/);
  const names = field === "parts" ? [] : [word];
  const terms = parts.length === 1 || field === "title" ? names : [...names, ...parts];
  return terms.map((term) => term.toLowerCase()).filter((term) => !EMPTY.has(term));
}

/** How the index is made and read; the page that searches has the same. */
export const SEARCH_OPTIONS = {
  fields: ["title", "parts", "page", "text", "synonyms"],
  storeFields: ["page", "title", "text"],
  processTerm: termsOf,
  searchOptions: {
    boost: { title: 4, page: 2, synonyms: 4 },
    prefix: true,
    fuzzy: 0.15,
    combineWith: "AND" as const,
    processTerm: (word: string): string[] => termsOf(word).slice(0, 1),
    boostDocument,
  },
};

interface Index<Result> {
  search(text: string, options?: { readonly combineWith: "OR" }): readonly Result[];
}

/** Where fewer sections have all words of a question, those that have some of them follow. */
const ENOUGH = 4;

/** Finds the sections for a question, the best first. */
export function findSections<Result extends { readonly id: string }>(
  index: Index<Result>,
  text: string,
): readonly Result[] {
  const all = index.search(text);
  if (all.length >= ENOUGH) return all;
  const known = new Set(all.map(({ id }) => id));
  return [...all, ...index.search(text, { combineWith: "OR" }).filter(({ id }) => !known.has(id))];
}
