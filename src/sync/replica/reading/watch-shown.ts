import { invalidArgument } from "../../../errors.ts";
import type { StoredEvent } from "../../../event.ts";
import { deepFreeze } from "../../../events/json.ts";
import type { AbortSignalLike } from "../../../platform.ts";
import type { Scope } from "../../../read/pager.ts";
import { contentOf, NOTHING_PENDING, pendingAt } from "../pending/shown.ts";
import type { ReplicaContext } from "../replica-context.ts";
import { createFeed } from "./feed.ts";
import type { ReplicaChange } from "./reads.ts";

/** What to watch. */
export interface Watched {
  readonly scope: Scope;
  /** A version of the stream, or else a position; found out already if it is that of the head. */
  readonly after: number | Promise<number>;
  /** Whether to give what is pending. */
  readonly pending: boolean;
}

/** The items that a watch gives next, and whether it has caught up with them. */
interface Given {
  readonly items: readonly (ReplicaChange | StoredEvent)[];
  readonly whole: boolean;
}

/** Watches what is confirmed, and what is pending on top of it. Returns a function that gives what has changed, until the signal is aborted. */
export function watchShown(
  parts: ReplicaContext,
  { scope, after, pending: withPending }: Watched,
  signal: AbortSignalLike,
): () => Promise<Given> {
  const feed = createFeed(parts, scope, findStart(parts, scope, after), signal);
  let shown: string | undefined;

  return async () => {
    const { confirmed, view, position, whole } = await feed.next();
    deepFreeze(confirmed);
    if (!withPending) return { items: confirmed, whole };
    const { events: pending } = view === undefined ? NOTHING_PENDING : await pendingAt(parts, scope, view, position);
    const before = shown;
    shown = contentOf(pending);
    // The first complete change is always given, so that whoever shows the events learns that there are none.
    const isNews = confirmed.length > 0 || shown !== before;
    if (!whole) shown = before;
    return { items: isNews ? [{ confirmed, pending }] : [], whole };
  };
}

/** @throws `invalid-argument`. */
async function findStart(
  { context: { storage } }: ReplicaContext,
  { stream }: Scope,
  after: number | Promise<number>,
): Promise<number> {
  if (typeof after !== "number" || after === 0) return after;
  const head = await (stream === undefined ? storage.head() : storage.version(stream));
  if (after <= head) return after;
  throw invalidArgument("after", `after is ${after}, beyond the head ${head}`);
}
