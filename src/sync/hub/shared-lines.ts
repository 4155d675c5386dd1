import type { StoredEvent } from "../../event.ts";
import { toRow, type PullLine } from "../messages.ts";

/** The most events of a line that is shared: pulls that read history are seldom at the same place. */
const MOST = 100;

/** Makes a line of a pull: the same object, and with it the same text, for all pulls that are told the same. */
export type ShareLine = (line: Omit<PullLine, "events">, events: readonly StoredEvent[]) => PullLine;

export function createShareLine(): ShareLine {
  let newest: { readonly line: PullLine; readonly events: readonly StoredEvent[] } | undefined;

  return (line, events) => {
    if (newest !== undefined && isSame(newest.line, line) && isSameList(newest.events, events)) return newest.line;
    const made = { ...line, events: events.map(toRow) };
    if (events.length <= MOST) newest = { line: made, events };
    return made;
  };
}

function isSame(one: PullLine, other: Omit<PullLine, "events">): boolean {
  return (
    one.place === other.place &&
    one.lineage === other.lineage &&
    one.after === other.after &&
    one.head === other.head &&
    one.caughtUp === other.caughtUp &&
    isSameList(one.gone, other.gone)
  );
}

function isSameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index]);
}

/** Returns a function that makes the text of a line, once for each of the newest lines that are the same object. */
export function createLineText(): (line: PullLine) => string {
  let newest: { readonly line: PullLine; readonly text: string } | undefined;
  return (line) => {
    if (newest?.line !== line) newest = { line, text: `${JSON.stringify(line)}\n` };
    return newest.text;
  };
}
