import type { CompiledModel } from "./define-read-model.ts";
import { startProjector, type ProjectorState } from "./projector.ts";
import { announceClient, removeLeft } from "./leases.ts";
import { createLive } from "../projections/live-state.ts";
import { createQueries } from "./queries.ts";
import { modelsOf } from "../storage/capabilities.ts";
import { checkInteger, checkPosition, checkOptions } from "../validate.ts";
import { listParked, retryParked } from "./parked.ts";
import { asyncDispose, createAbort, refuseAborted, throwApart, underSignals } from "../platform.ts";
import type { ModelFollower } from "./model-inside.ts";
import type { ReadModel, ReadModelOptions, RebuildOptions } from "./read-model.ts";
import { rebuildTables } from "./rebuild.ts";
import { shareRebuild } from "./shared-rebuild.ts";
import type { ModelState } from "../storage/protocol.ts";
import { createLifecycle } from "../async/lifecycle.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** The default `timeout`, in milliseconds: at most as long as other clients wait for the write lock, which is held meanwhile. */
const STATEMENTS_TIMEOUT = 10_000;

/**
 * Creates the tables if they are missing, and keeps them up to date. Rejects with `invalid-argument`, with `client-outdated` if the
 * tables are missing and clients of a newer schema are alive, or with one of the storage codes.
 */
export async function openReadModel(
  context: StoreContext,
  compile: () => CompiledModel,
  options: ReadModelOptions,
): Promise<ReadModel> {
  context.ensureOpen();
  checkOptions(options, ["onProgress", "signal", "timeout"]);
  const { timeout = STATEMENTS_TIMEOUT } = options;
  checkInteger(timeout, "timeout", 1);
  refuseAborted(options.signal);
  const { storage } = context;
  const models = modelsOf(storage);
  const model = { ...compile(), timeout };
  let built = false;
  // Before the model is opened, so that no other client removes its tables as unused.
  const leave = await announceClient(context, model.record, () => built);
  try {
    const state = await models.openModel({ ...model.record, now: context.clock() });
    context.ensureOpen();
    return startModel(context, model, state, options, { built: () => (built = true), leave });
  } catch (error) {
    await leave();
    throw error;
  }
}

interface Client {
  /** Called once the tables are in use. */
  built(): void;
  leave(): Promise<void>;
}

function startModel(
  context: StoreContext,
  model: CompiledModel,
  start: ModelState,
  { onProgress, signal }: ReadModelOptions,
  client: Client,
): ReadModel {
  const { storage } = context;
  const followers = new Set<ModelFollower>();
  const stopping = createAbort();
  let now: ProjectorState = { position: start.checkpoint, head: 0, built: start.built };
  let told: string | undefined;
  /** Resolves once the last write has an outcome and the leases are released. */
  let finished: Promise<unknown> | undefined;
  const life = createLifecycle("the read model", context, signal, (_end, first): unknown => {
    if (!first) return finished;
    stopping.abort(life.reason());
    for (const { end } of [...followers]) end(life.reason());
    finished = Promise.all([projector.stop(), client.leave()]).then(life.finish);
    life.move();
    return finished;
  });
  const projector = startProjector(context, model, start, { reached, fail: (error) => life.stop({ error }) });
  if (start.built) begin();

  function begin(): void {
    client.built();
    // If this fails, it is repeated with the next sign of life.
    removeLeft(context, model.record).catch(() => undefined);
  }

  function reached(state: ProjectorState, changed: boolean): void {
    if (state.built && !now.built) begin();
    now = state;
    tell();
    for (const follower of [...followers]) follower.moved(changed);
    life.move();
  }

  function tell(): void {
    if (onProgress === undefined) return;
    const { position: done, head: total, built } = now;
    const phase = !built ? "building" : done < total ? "catching-up" : "caught-up";
    const what = `${done} ${phase}`;
    if (what === told) return;
    told = what;
    try {
      onProgress({ done, total, phase });
    } catch (error) {
      // An error of this call's callback must not affect others that wait for the tables.
      throwApart(error);
    }
  }

  async function close(): Promise<void> {
    life.stop({});
    await finished;
  }

  const rebuild = shareRebuild(async (ends, onRebuilt) => {
    await life.until(() => now.built, ends);
    await underSignals([stopping.signal, ends], async (signals) => {
      projector.learn(await rebuildTables(context, model, signals, onRebuilt));
    });
  });

  const { prepare, ...queries } = createQueries(() => self);
  const self: ReadModel = {
    name: model.record.name,
    schema: model.record.schema,
    get position() {
      return now.position;
    },
    get error() {
      return life.end?.error;
    },
    ended: life.ended,
    ...queries,
    async caughtUp(target, options = {}) {
      checkOptions(options, ["signal"]);
      const { signal: ends } = options;
      refuseAborted(ends);
      if (target !== undefined) checkPosition(target, "position");
      const wanted = target ?? (life.end === undefined ? await storage.head() : Infinity);
      await life.until(() => now.built && now.position >= wanted, ends);
      return now.position;
    },
    async rebuild(rebuildOptions: RebuildOptions = {}) {
      checkOptions(rebuildOptions, ["onProgress", "signal"]);
      refuseAborted(rebuildOptions.signal);
      life.ensureRunning();
      return rebuild(rebuildOptions);
    },
    async parked() {
      context.ensureOpen();
      return listParked(context, model);
    },
    async retryParked() {
      context.ensureOpen();
      await retryParked(context, model, projector.learn);
      return listParked(context, model);
    },
    close,
    [asyncDispose]: close,
    _rivulet: {
      context,
      key: { name: model.record.name, schema: model.record.schema },
      model,
      prepare,
      live: createLive,
      ready: (ends) => life.until(() => now.built, ends),
      ensureRunning: life.ensureRunning,
      follow(follower) {
        followers.add(follower);
        return () => followers.delete(follower);
      },
    },
  };
  return self;
}
