import { orAborted, refuseAborted, whenAborted, type AbortSignalLike } from "../../../platform.ts";
import { createPager } from "../../../read/pager.ts";
import type { PreparedQuery } from "../../../read-models/model-inside.ts";
import type { ReadModel } from "../../../read-models/read-model.ts";
import { modelsOf } from "../../../storage/capabilities.ts";
import type { ModelRows } from "../../../storage/protocol.ts";
import type { StoreContext } from "../../../storage/store-context.ts";
import {
  makeOverlay,
  placeAfter,
  toFailed,
  type FailedPending,
  type MadeOverlay,
  type OverlaidEvent,
} from "./overlay.ts";
import type { PendingView } from "./predictions.ts";

/** The rows of a query with what is pending. */
export interface PendingRows<Row> {
  /** The rows; of a statement made with `sql`, keyed by the names of the columns. */
  readonly rows: readonly Row[];
  /** How many commands and appends are in the rows and not confirmed. */
  readonly pending: number;
  /** Pending events that the read model could not handle. They are not in the rows, and do not count as pending. */
  readonly failed: readonly FailedPending[];
}

/** Rows, and the position up to which every confirmed event is in them. */
export interface AskedRows {
  readonly now: PendingRows<object>;
  readonly position: number;
}

/** Further behind than this many positions, a model catches up before it is asked, so that an overlay is never long. */
const NEAR = 1_000;

/** Runs a query with what is pending; without a view, on the confirmed tables alone. */
export type Ask = (
  prepared: PreparedQuery,
  look: (() => Promise<PendingView>) | undefined,
  signal?: AbortSignalLike,
) => Promise<AskedRows>;

export function createAsk(context: StoreContext): Ask {
  const models = modelsOf(context.storage);

  return async (prepared, look, signal) => {
    const { reads } = prepared;
    for (const { _rivulet: inside } of reads) await inside.ready(signal);
    if (look === undefined) return askTables(prepared, reads.map(positionOf), signal);
    for (;;) {
      context.ensureOpen();
      refuseAborted(signal);
      const view = await look();
      if (!(await areNear(reads, view.head, signal))) continue;
      const pending = await placed(view);
      const made = await Promise.all(reads.map((model) => overlayOf(model, view.head, pending)));
      const answer = await askOverlaid(prepared, view.head, made, signal);
      // Otherwise a table has passed the view meanwhile, and may have what the view calls pending.
      if (answer !== undefined) return answer;
    }
  };

  /** Resolves with true if all models are near, and with false once those that were not have caught up. */
  async function areNear(
    reads: readonly ReadModel[],
    head: number,
    signal: AbortSignalLike | undefined,
  ): Promise<boolean> {
    const behind = reads.filter((model) => !hasEnded(model) && head - model.position > NEAR);
    for (const model of behind) {
      await model.caughtUp(head - NEAR, { signal }).catch((error: unknown) => {
        if (!hasEnded(model)) throw error;
      });
    }
    return behind.length === 0;
  }

  /** The pending events of a view, as if they were appended now. */
  async function placed({ head, items }: PendingView): Promise<readonly OverlaidEvent[]> {
    if (items.length === 0) return [];
    const pager = createPager(context, { after: Math.max(0, head - 1), upTo: head, direction: "forward" }, head);
    return placeAfter(head, (await pager.next())?.[0]?.timestamp ?? 0, items);
  }

  /** What is missing in the tables of a model: confirmed events that it has not applied yet, and what is pending. */
  async function overlayOf(model: ReadModel, head: number, pending: readonly OverlaidEvent[]): Promise<MadeOverlay> {
    // A model that has ended shows its tables as they are.
    if (hasEnded(model)) return makeOverlay(model, Number.MAX_SAFE_INTEGER, []);
    const { position } = model;
    if (position >= head) return makeOverlay(model, head, pending);
    const { types } = model._rivulet.model;
    const pager = createPager(context, { after: position, upTo: head, direction: "forward", filter: { types } }, head);
    const missing: OverlaidEvent[] = [];
    for (let page = await pager.next(); page !== undefined; page = await pager.next())
      missing.push(...page.map((event) => ({ event })));
    return makeOverlay(model, head, [...missing, ...pending]);
  }

  /** Asks the tables alone, which have every event up to these positions. */
  async function askTables(
    prepared: PreparedQuery,
    positions: readonly number[],
    signal: AbortSignalLike | undefined,
  ): Promise<AskedRows> {
    const answer = await orAborted(() => models.queryModels(prepared.query, whenAborted(signal)), signal);
    return toAsked(prepared, answer, positions, 0, []);
  }

  /** Resolves with undefined if a table is beyond its overlay. */
  async function askOverlaid(
    prepared: PreparedQuery,
    head: number,
    made: readonly MadeOverlay[],
    signal: AbortSignalLike | undefined,
  ): Promise<AskedRows | undefined> {
    const { reads, query } = prepared;
    const positions = reads.map((model) => (hasEnded(model) ? model.position : head));
    const failed = made.flatMap((one) => one.failed);
    if (made.every(({ members }) => members.length === 0)) {
      const { now, position } = await askTables(prepared, positions, signal);
      return { now: { ...now, failed }, position };
    }
    const overlays = made.map(({ overlay }) => overlay);
    const answer = await orAborted(() => models.queryModels({ ...query, overlays }, whenAborted(signal)), signal);
    if (answer.overlaid === undefined || answer.overlaid === "moved") return undefined;
    const left = new Map<OverlaidEvent, FailedPending>();
    for (const { overlay, event, message } of answer.overlaid) {
      const { members } = made[overlay] as MadeOverlay;
      const member = members[event] as OverlaidEvent;
      if (member.entry !== undefined) left.set(member, toFailed(member.entry, member.event, message));
      else if (!(reads[overlay] as ReadModel)._rivulet.model.parks) {
        // The model will stop there: what comes after it is not shown.
        const cut = makeOverlay(reads[overlay] as ReadModel, head, members.slice(0, event));
        return askOverlaid(
          prepared,
          head,
          made.map((one, index) => (index === overlay ? cut : one)),
          signal,
        );
      }
    }
    const entries = made.flatMap(({ members }) =>
      members.flatMap((member) => (member.entry === undefined || left.has(member) ? [] : member.entry.id)),
    );
    return toAsked(prepared, answer, positions, new Set(entries).size, [...failed, ...left.values()]);
  }
}

/** Whether a model is no longer kept up to date by this store. */
function hasEnded({ _rivulet: inside }: ReadModel): boolean {
  try {
    inside.ensureRunning();
    return false;
  } catch {
    return true;
  }
}

function positionOf({ position }: ReadModel): number {
  return position;
}

function toAsked(
  { rowsOf }: PreparedQuery,
  answer: ModelRows,
  positions: readonly number[],
  pending: number,
  failed: readonly FailedPending[],
): AskedRows {
  const reached = positions.map((position, index) => Math.max(position, answer.checkpoints[index] as number));
  return { now: { rows: rowsOf(answer), pending, failed }, position: Math.min(...reached) };
}
