import type { FollowedRecord } from "../../../storage/protocol.ts";
import { covers } from "../../../storage/sync-rules.ts";

/** The most pulls that fetch history at a time. */
const MOST = 3;

/** Items that are pulled together. */
export interface Lane {
  readonly items: readonly FollowedRecord[];
  /** Whether the pull goes on with new events; otherwise it ends at the hub's head. */
  readonly live: boolean;
}

/** What is known of the hub when items are divided. */
interface Known {
  /** The hub's head; 0 if it is not known. */
  readonly head: number;
  /** The streams that the hub does not give, which stay where they are. */
  readonly gone: ReadonlySet<string>;
  /** An item is near if it is at most so many positions behind. */
  readonly near: number;
}

/** Divides items, so that those with a long history before them hold up no others. */
export function lanesOf(items: readonly FollowedRecord[], { head, gone, near }: Known): readonly Lane[] {
  const front = Math.max(head, ...items.map(({ position }) => position));
  const lags = ({ kind, name, position }: FollowedRecord): boolean =>
    front - position > near && !(kind === "stream" && gone.has(name));
  const lagging = items.filter(lags).sort((one, other) => one.position - other.position);
  const lanes: FollowedRecord[][] = [];
  for (const item of lagging) {
    const last = lanes.at(-1);
    const together = last !== undefined && item.position - (last.at(-1) as FollowedRecord).position <= near;
    if (last !== undefined && (together || lanes.length === MOST)) last.push(item);
    else lanes.push([item]);
  }
  const ahead: FollowedRecord[] = [];
  for (const item of items.filter((one) => !lags(one))) {
    // A stream that is fetched anew lacks events, which later ones of the prefix must not overtake.
    const lane = lanes.find((all) => all.some((one) => one.kind === "stream" && covers(item, one.name)));
    (lane ?? ahead).push(item);
  }
  return [
    ...(ahead.length > 0 ? [{ items: ahead, live: true }] : []),
    ...lanes.map((lane) => ({ items: lane, live: false })),
  ];
}
