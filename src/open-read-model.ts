import type { CompiledModel } from "./define-read-model.ts";
import { EventStoreError } from "./errors.ts";
import { startFeed } from "./feed.ts";
import { createLive, type LiveEvents } from "./live.ts";
import { startLiveQuery, toObjects, type LiveQuery } from "./live-query.ts";
import { modelsOf } from "./models-of.ts";
import { checkInteger, checkOptions } from "./names.ts";
import { asyncDispose } from "./platform.ts";
import type { ProjectionSource } from "./projection.ts";
import type { ReadModel, ReadModelOptions, SqlStatement } from "./read-model.ts";
import { createTurnstile } from "./turnstile.ts";

/** Makes the tables where they are missing, and feeds them. Rejects with `invalid-argument` or one of the storage codes. */
export async function openReadModel(
  source: ProjectionSource,
  model: CompiledModel,
  options: ReadModelOptions,
): Promise<ReadModel> {
  source.ensureOpen();
  checkOptions(options, ["onProgress", "signal"]);
  const { onProgress, signal } = options;
  if (signal?.aborted === true) throw signal.reason;
  const { storage } = source;
  const models = modelsOf(storage);
  const moves = createTurnstile();
  const queries = new Set<LiveQuery>();
  let position = await models.openModel(model.record);
  let begun = false;
  let stopped: { readonly error?: unknown } | undefined;
  const feed = startFeed(source, model, position, { reached, fail: (error) => void stop({ error }) });
  const abort = (): void => void stop({ error: signal?.reason });
  signal?.addEventListener("abort", abort, { once: true });
  const ignoreClose = source.onClose((error) => void stop({ error }));

  function reached(now: number, head: number, changed: boolean): void {
    if (onProgress !== undefined && (now !== position || !begun)) onProgress({ done: now, total: head });
    begun = true;
    position = now;
    for (const query of queries) query.moved(now, changed);
    moves.open();
  }

  function stop(reason: { readonly error?: unknown }): Promise<void> {
    stopped ??= reason;
    signal?.removeEventListener("abort", abort);
    ignoreClose();
    for (const query of queries) query.end(stopped.error ?? closed());
    const ended = feed.stop();
    moves.open();
    return ended;
  }

  async function caughtUp(target: number | undefined, until: ReadModelOptions["signal"]): Promise<number> {
    if (target !== undefined) checkInteger(target, "position", 0);
    const wanted = target ?? (await storage.head());
    while (position < wanted) {
      if (stopped !== undefined) throw stopped.error ?? closed();
      await moves.pass(until);
    }
    return position;
  }

  return {
    name: model.record.name,
    schema: model.record.schema,
    get position() {
      return position;
    },
    get error() {
      return stopped?.error;
    },
    async query<Row>(statement: SqlStatement) {
      source.ensureOpen();
      return toObjects(await models.queryModels(model.compile(statement))) as Row[];
    },
    live<Row>(statement: SqlStatement, { signal: until }: Pick<ReadModelOptions, "signal"> = {}) {
      if (stopped !== undefined) throw stopped.error ?? closed();
      const query = { ...model.compile(statement), model: model.record };
      return createLive<readonly Row[]>(source, [], until, (events) => {
        const live = startLiveQuery(models, query, position, events as LiveEvents<readonly object[]>);
        queries.add(live);
        return () => {
          queries.delete(live);
          live.stop();
        };
      });
    },
    caughtUp: (target, until) => caughtUp(target, until?.signal),
    async rebuild() {
      if (stopped !== undefined) throw stopped.error ?? closed();
      const head = await storage.head();
      await feed.reset();
      await caughtUp(head, undefined);
    },
    close: () => stop({}),
    [asyncDispose]: () => stop({}),
  };
}

function closed(): EventStoreError {
  return new EventStoreError("store-closed", "the read model is closed: open it again to go on", {});
}
