import { checkInteger } from "../validate.ts";
import { contentsOf } from "./capabilities.ts";
import type { ContentsQuery, EventStorage, StorageContents } from "./protocol.ts";
import type { AnyVerb } from "./verbs.ts";

/** What lists the contents of a storage: all of {@link StorageContents} that changes nothing. */
export type ContentsLists = Pick<Required<StorageContents>, "listSnapshots" | "listConsumers" | "listModels">;

/** The most snapshots of one page. */
const LONGEST_PAGE = 1_000;

/**
 * The lists as a server's own verbs, so that clients in another thread or process have them, too. They are no verbs of the protocol,
 * because a page that never asks for them should not download their names.
 */
export function serveContents(storage: EventStorage): Readonly<Record<keyof ContentsLists, AnyVerb>> {
  return {
    listSnapshots: async (asked) => {
      const { after, limit } = Object(asked) as ContentsQuery;
      checkInteger(limit, "limit", 1);
      return contentsOf(storage).listSnapshots({ after, limit: Math.min(limit, LONGEST_PAGE) });
    },
    listConsumers: async () => contentsOf(storage).listConsumers(),
    listModels: async () => (await contentsOf(storage).listModels?.()) ?? [],
  };
}

/** The lists of a storage, wherever it works. @throws `storage-unavailable` if it has none. */
export function contentsAnywhere(storage: EventStorage): ContentsLists {
  const { verb } = storage as { readonly verb?: (name: string, argument?: unknown) => Promise<unknown> };
  const lists = storage.contents === undefined && verb !== undefined ? undefined : serveContents(storage);
  const call = <Answer>(name: keyof ContentsLists, argument?: unknown): Promise<Answer> =>
    (lists === undefined ? verb?.(name, argument) : lists[name](argument)) as Promise<Answer>;
  return {
    listSnapshots: (query) => call("listSnapshots", query),
    listConsumers: () => call("listConsumers"),
    listModels: () => call("listModels"),
  };
}
