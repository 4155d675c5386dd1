import { encodeRow } from "../storage/event-page.ts";
import type { AppendEntry, AppendOutcome, AppendRequest, FreshEvents } from "../storage/protocol.ts";

/** A commit's events are passed on if they are at most so many, and their rows at most so many characters. */
const MOST_EVENTS = 1_000;
const MOST_SIZE = 1 << 20;

/**
 * Returns the events of a commit as a page, so that nobody has to read what was just written; undefined if there are none or too many.
 * `head` is the position of the last.
 */
export function freshEvents(
  requests: readonly AppendRequest[],
  outcomes: readonly AppendOutcome[],
  head: number,
): FreshEvents | undefined {
  let rows = "";
  let count = 0;
  for (const [index, outcome] of outcomes.entries()) {
    if (!outcome.ok) continue;
    for (const [place, entry] of outcome.entries.entries()) {
      const { stream, events } = (requests[index] as AppendRequest).entries[place] as AppendEntry;
      if (count + events.length > MOST_EVENTS) return undefined;
      const timestamp = entry.timestamp ?? outcome.timestamp;
      let { position, version } = entry;
      for (const [at, event] of events.entries()) {
        if (entry.known.some((one) => one.index === at)) continue;
        const row = encodeRow({ ...event, stream, position: position++, version: version++, timestamp });
        rows += `${count++ === 0 ? "[" : ","}${row}`;
        if (rows.length > MOST_SIZE) return undefined;
      }
    }
  }
  if (count === 0) return undefined;
  return { after: head - count, page: { rows: `${rows}]`, count, head, cursor: head, done: true } };
}
