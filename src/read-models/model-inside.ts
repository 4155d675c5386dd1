import type { AbortSignalLike } from "../platform.ts";
import type { createLive } from "../projections/live-state.ts";
import type { ModelQuery, ModelRows } from "../storage/protocol.ts";
import type { ModelKey } from "../storage/read-model-names.ts";
import type { StoreContext } from "../storage/store-context.ts";
import type { CompiledModel } from "./define-read-model.ts";
import type { QueryOptions, ReadModel, SqlText } from "./read-model.ts";

/** A compiled query, and the models that it reads. */
export interface PreparedQuery {
  readonly reads: readonly [ReadModel, ...ReadModel[]];
  readonly query: ModelQuery;
  /** Makes the rows of an answer. */
  rowsOf(answer: ModelRows): readonly object[];
}

/** What queries need from each read model. */
export interface ModelInside {
  readonly context: StoreContext;
  readonly key: ModelKey;
  /** The checked definition. */
  readonly model: CompiledModel;
  /** Compiles a query, which may name other models in its options. @throws `invalid-argument`. */
  prepare(statement: SqlText, options: QueryOptions): PreparedQuery;
  /** Makes the handles of live queries, for replicas. */
  readonly live: typeof createLive;
  /** Resolves once the tables are in use; rejects if the model ends before. */
  ready(signal?: AbortSignalLike): Promise<void>;
  /** Checks that the model has not ended. @throws the reason. */
  ensureRunning(): void;
  /** Calls the follower after every change, until the returned function is called. */
  follow(follower: ModelFollower): () => void;
}

/** A live query, as a read model sees it. */
export interface ModelFollower {
  /** Called when the tables' position has moved; `changed` tells whether rows may have changed. */
  moved(changed: boolean): void;
  /** Called when the model has ended. */
  end(error: unknown): void;
}
