/** What the index keeps of a section, to show it. */
export interface Found {
  readonly id: string;
  readonly page: string;
  readonly title: string;
  readonly text: string;
}

/** What explains something comes before the signatures that have its name. */
const boostDocument = (id: unknown): number => (String(id).startsWith("api-") ? 0.3 : 1);

/** How the index is made and read; the page that searches has the same. */
export const SEARCH_OPTIONS = {
  fields: ["title", "page", "text"],
  storeFields: ["page", "title", "text"],
  searchOptions: {
    boost: { title: 4, page: 2 },
    prefix: true,
    fuzzy: 0.15,
    combineWith: "AND" as const,
    boostDocument,
  },
};
