import type { StoredEvent } from "../../../event.ts";
import type { AbortSignalLike } from "../../../platform.ts";
import { createPager, type Pager, type Scope } from "../../../read/pager.ts";
import type { OutboxView } from "../outbox-view.ts";
import type { ReplicaContext } from "../replica-context.ts";
import { onlyFollowed } from "../pending/shown.ts";

/** The next confirmed events, and the outbox that belongs on top of them. */
interface FeedBatch {
  /** May be empty, if only the outbox has changed. */
  readonly confirmed: readonly StoredEvent[];
  /** The version of the newest event of the stream so far; 0 if several streams are read. */
  readonly version: number;
  /** The position up to which every event was given. */
  readonly position: number;
  /** The outbox as it was when there were no more events than these; undefined as long as the first history is read. */
  readonly view: OutboxView | undefined;
  /** Whether these are the last events for now. */
  readonly whole: boolean;
}

/** Gives every confirmed event once, in order, and tells when the outbox has changed. */
export interface Feed {
  /** Resolves with the next events, or once the outbox has changed. Rejects with the reason of the signal. */
  next(): Promise<FeedBatch>;
}

/** One pass over the events that have come since the last one. */
interface Pass {
  readonly view: OutboxView;
  readonly pager: Pager;
  /** Kept back until it is known whether more follow, so that the last events come together with what is pending on them. */
  held: readonly StoredEvent[];
}

/** Reads on after a version of a stream, or else after a position. */
export function createFeed(
  { context, outbox }: Pick<ReplicaContext, "context" | "outbox">,
  scope: Scope,
  start: number | Promise<number>,
  signal: AbortSignalLike,
): Feed {
  let after: number | undefined;
  let given: OutboxView | undefined;
  let pass: Pass | undefined;

  async function next(): Promise<FeedBatch> {
    after ??= await start;
    for (;;) {
      const seen = outbox.changes();
      // The outbox first: what leaves it in between is among the events then, and is not given twice.
      pass ??= {
        view: await outbox.view(),
        pager: createPager(context, { ...scope, after, upTo: Number.MAX_SAFE_INTEGER, direction: "forward" }),
        held: [],
      };
      const batch = await readOn(pass);
      if (batch !== undefined) return batch;
      if (outbox.changes() === seen) await outbox.news.wait(signal);
    }
  }

  async function readOn(current: Pass): Promise<FeedBatch | undefined> {
    const { view, pager } = current;
    for (let page = await pager.next(); page !== undefined; page = await pager.next()) {
      const events = onlyFollowed(scope, view, page);
      if (events.length === 0) continue;
      const { held } = current;
      current.held = events;
      if (held.length > 0) return batchOf(held, (held.at(-1) as StoredEvent).position, given, false);
    }
    pass = undefined;
    const { held } = current;
    const isNews = held.length > 0 || view.generation !== given?.generation;
    given = view;
    const batch = batchOf(held, pager.head as number, view, true);
    if (scope.stream === undefined) after = batch.position;
    return isNews ? batch : undefined;
  }

  function batchOf(
    confirmed: readonly StoredEvent[],
    position: number,
    view: OutboxView | undefined,
    whole: boolean,
  ): FeedBatch {
    const last = confirmed.at(-1);
    if (last !== undefined) after = scope.stream === undefined ? last.position : last.version;
    return { confirmed, version: scope.stream === undefined ? 0 : (after as number), position, view, whole };
  }

  return { next };
}
