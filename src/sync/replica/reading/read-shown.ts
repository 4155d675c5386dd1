import type { StoredEvent } from "../../../event.ts";
import { createPager, scopeOf, type Scope } from "../../../read/pager.ts";
import { boundOf } from "../../../read/read.ts";
import type { ReplicaContext } from "../replica-context.ts";
import type { ShownEvent } from "./reads.ts";
import { NOTHING_PENDING, onlyFollowed, pendingAt, type Pending } from "../pending/shown.ts";

/** What a read walks over. */
export interface Walk extends Scope {
  /** Exclusive: a version of the stream, or else a position. */
  readonly after: number;
  /** Inclusive, as `after`. */
  readonly upTo: number;
  readonly direction: "forward" | "backward";
  readonly asOf: Date | number | undefined;
  /** Whether to take what is pending; with `asOf`, nothing is. */
  readonly pending: boolean;
}

/** The events of a walk, as they were at its start. */
export interface Shown {
  /** The position up to which confirmed events are shown. */
  readonly position: number;
  readonly pending: Pending;
  /** The confirmed events, page by page. */
  confirmed(): AsyncGenerator<readonly StoredEvent[]>;
}

/** Looks at what a replica shows now: confirmed events up to the head, and what is pending on top of them. */
export async function lookAt(parts: ReplicaContext, walk: Walk): Promise<Shown> {
  const { context, outbox } = parts;
  const { after, upTo, direction } = walk;
  // The outbox first: what leaves it in between is among the events then, and is not shown twice.
  const view = await outbox.view();
  const position = (await boundOf(walk.asOf)(context)) ?? (await context.storage.head());
  const scope = scopeOf(walk.stream, walk.filter);
  const shown =
    walk.pending && walk.asOf === undefined ? await pendingAt(parts, scope, view, position) : NOTHING_PENDING;

  async function* confirmed(): AsyncGenerator<readonly StoredEvent[]> {
    const pager = createPager(context, { ...scope, after, upTo, direction }, position);
    for (let page = await pager.next(); page !== undefined; page = await pager.next()) {
      context.ensureOpen();
      yield onlyFollowed(scope, view, page);
    }
  }

  return { position, pending: within(shown, walk), confirmed };
}

/** Takes the pending events that a walk reaches. */
function within({ events, entries }: Pending, { stream, after, upTo }: Walk): Pending {
  if (after === 0 && upTo === Number.MAX_SAFE_INTEGER) return { events, entries };
  const reached = events.filter(({ version, position }) => {
    const key = stream === undefined ? position : version;
    return key > after && key <= upTo;
  });
  return { events: reached, entries: reached.length === 0 ? 0 : entries };
}

/** Gives the events of a walk, page by page in its direction. */
export async function* eventsOf(parts: ReplicaContext, walk: Walk): AsyncGenerator<readonly ShownEvent[]> {
  const { confirmed, pending } = await lookAt(parts, walk);
  const { events } = pending;
  if (walk.direction === "backward")
    yield events.map((_event, index) => events[events.length - 1 - index] as ShownEvent);
  yield* confirmed();
  if (walk.direction === "forward") yield events;
}
