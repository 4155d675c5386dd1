import type { CompiledModel } from "./define-read-model.ts";
import { catchUpTables } from "./catch-up.ts";
import { takeBuildingLease } from "./leases.ts";
import { modelsOf } from "../storage/capabilities.ts";
import { refuseAborted, type AbortSignalLike } from "../platform.ts";
import type { RebuildOptions } from "./read-model.ts";
import type { ModelState } from "../storage/protocol.ts";
import type { StoreContext } from "../storage/store-context.ts";

/**
 * Fills a second set of tables, which then replaces the one in use. Resolves with the model's state after that.
 * Rejects with the signal's reason, with `projection-failed`, `client-outdated`, or one of the storage codes.
 */
export async function rebuildTables(
  context: StoreContext,
  model: CompiledModel,
  signal: AbortSignalLike,
  onProgress: RebuildOptions["onProgress"],
): Promise<ModelState> {
  const { storage } = context;
  const models = modelsOf(storage);
  let state: ModelState | undefined;

  const goOn = async (hold: () => Promise<boolean>): Promise<boolean> => {
    refuseAborted(signal);
    return hold();
  };

  const fill = async ({ rebuild: from }: { readonly rebuild: number }, hold: () => Promise<boolean>): Promise<void> => {
    const target = {
      context,
      model,
      set: "fresh",
      apply: models.applyToModel,
      written(now: ModelState, head: number) {
        state = now;
        if (now.rebuild !== null) onProgress?.({ done: now.rebuild, total: head, phase: "rebuilding" });
      },
    } as const;
    await catchUpTables(target, { from, after: from, completes: true, goOn: () => goOn(hold) });
  };

  for (;;) {
    const lease = await takeBuildingLease(context, model.record, signal);
    try {
      // After a lost lease, read the state: another client may have completed the rebuild.
      state = await (state === undefined
        ? models.beginRebuild({ ...model.record, code: model.code, now: context.clock() })
        : models.modelState(model.record));
      let held: boolean = true;
      const hold = async (): Promise<boolean> => (held = await lease.hold());
      while (held && isRebuilding(state)) {
        refuseAborted(signal);
        await fill(state, hold);
      }
      if (!isRebuilding(state)) break;
    } finally {
      await lease.release();
    }
  }
  onProgress?.({ done: state.checkpoint, total: state.checkpoint, phase: "caught-up" });
  return state;
}

function isRebuilding(state: ModelState): state is ModelState & { readonly rebuild: number } {
  return state.rebuild !== null;
}
