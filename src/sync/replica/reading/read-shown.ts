import { createBufferedIterator } from "../../../async/buffered-iterator.ts";
import type { StoredEvent } from "../../../event.ts";
import { toRecordFilter, type EventFilter } from "../../../events/filter.ts";
import { createPager, scopeOf, type Scope } from "../../../read/pager.ts";
import { boundOf, read, type ReadAllOptions } from "../../../read/read.ts";
import { withoutPending } from "../../option-checks.ts";
import type { ReplicaContext } from "../replica-context.ts";
import type { ShownEvent, ShownReader, WithPending } from "./reads.ts";
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

/** Reads one stream, or the followed streams, with what is pending. @throws `store-closed` and `invalid-argument`. */
export function readShown(
  parts: ReplicaContext,
  stream: string | undefined,
  options: ReadAllOptions & WithPending,
): ShownReader {
  const { pending, rest } = withoutPending(options);
  // Checks the options. It reads nothing unless it is iterated.
  const plain = read(parts.context, stream, rest);
  if (!pending && stream !== undefined) return plain;
  const { after = 0, upTo = Number.MAX_SAFE_INTEGER, direction = "forward", limit = Infinity, signal, asOf } = rest;
  const filter = stream === undefined ? toRecordFilter(rest satisfies EventFilter) : undefined;
  const chunks = inOrder();
  let left = limit;

  async function* inOrder(): AsyncGenerator<readonly ShownEvent[]> {
    const walk = { ...scopeOf(stream, filter), after, upTo, direction, asOf, pending };
    const { confirmed, pending: shown } = await lookAt(parts, walk);
    if (direction === "backward")
      yield shown.events.map((_event, index, all) => all[all.length - 1 - index] as ShownEvent);
    yield* confirmed();
    if (direction === "forward") yield shown.events;
  }

  async function fill(): Promise<readonly ShownEvent[] | undefined> {
    if (left === 0) return undefined;
    const { value, done } = await chunks.next();
    if (done === true) return undefined;
    const taken = value.length > left ? value.slice(0, left) : value;
    left -= taken.length;
    return taken;
  }

  return createBufferedIterator({ fill, signal });
}
