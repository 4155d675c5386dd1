import { EventStoreError } from "../errors.ts";
import type { EventStorage, PageQuery } from "../storage/protocol.ts";

/**
 * The verbs that read page by page, for a storage that is not trusted: a page that ends where it began, so that a reader would ask
 * for it for ever, rejects with `storage-unavailable`.
 */
export function withCheckedPages<Storage extends EventStorage>(storage: Storage): Storage {
  const { readPage, listStreams } = storage;
  return {
    ...storage,
    readPage: async (query) => checked(query, await readPage(query)),
    listStreams: async (query) => checked(query, await listStreams(query)),
  };
}

type Query = Pick<PageQuery, "after"> & Partial<PageQuery>;

function checked<Page extends { readonly cursor: number; readonly done: boolean }>(query: Query, page: Page): Page {
  const { after, upTo = Infinity, direction } = query;
  const { done, cursor } = Object(page) as Page;
  if (done || (direction === "backward" ? cursor < upTo : cursor > after)) return page;
  throw new EventStoreError("storage-unavailable", "the other end gave a page that does not go on", { reason: "page" });
}
