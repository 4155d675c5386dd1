import type { Adapter, ModelStorage } from "rivulet/adapter";

type QueryModels = ModelStorage["queryModels"];

/** The adapter with another verb for the queries of read models in place of its own. */
export function wrapQueries(adapter: Adapter, wrap: (original: QueryModels) => QueryModels): Adapter {
  return {
    name: adapter.name,
    async open() {
      const opened = await adapter.open();
      const { models } = opened.storage;
      if (models === undefined) throw new Error("this needs SQL");
      const queryModels = wrap((query) => models.queryModels(query));
      return { ...opened, storage: { ...opened.storage, models: { ...models, queryModels } } };
    },
  };
}

/** Counts the queries of read models. */
export function countedQueries(adapter: Adapter): { readonly adapter: Adapter; readonly runs: () => number } {
  let runs = 0;
  const counted = wrapQueries(adapter, (original) => (query) => ((runs += 1), original(query)));
  return { adapter: counted, runs: () => runs };
}
