import type { StoredEvent } from "rivulet";
import { PREFIX, type Compensation, type CounterEvent } from "./events.ts";
import { nameOf, toName } from "./names.ts";

/** What is read of an event, which may be from another program or from an imported file. */
export interface ReadEvent {
  /** The event, with what can be read of its data; undefined if it cannot be read at all, so that it changes nothing. */
  readonly event: StoredEvent<CounterEvent> | undefined;
  /** What cannot be read; undefined for every event that these counters have written. */
  readonly fault?: string;
}

/**
 * Reads a stored event. Nobody checks what is in an imported file, so the types of {@link CounterEvent} hold only for
 * what this returns.
 */
export function readEvent(stored: StoredEvent): ReadEvent {
  const { type, stream } = stored;
  if (!stream.startsWith(PREFIX)) return { event: undefined, fault: "Its stream is not that of a counter." };
  const data = propertiesOf(stored.data);
  switch (type) {
    case "incremented":
    case "decremented":
      return readIf(Number.isSafeInteger(data["by"]), stored, "It does not say by which whole number.");
    case "undone":
    case "redone":
      return readIf(
        isCompensation(data),
        stored,
        "It does not say which event it is about, and by which whole number.",
      );
    case "opened":
    case "removed":
    case "restored":
      return readTurn(stored, data);
    default:
      return { event: undefined, fault: "Counters have no such type of event." };
  }
}

function readIf(isRead: boolean, stored: StoredEvent, fault: string): ReadEvent {
  return isRead ? { event: stored as StoredEvent<CounterEvent> } : { event: undefined, fault };
}

/** An opening, a removal and the opposite are what they are without their data, too. */
function readTurn(stored: StoredEvent, data: Readonly<Record<string, unknown>>): ReadEvent {
  const label = typeof data["label"] === "string" ? toName(data["label"]) : undefined;
  const takesBack = isCompensation(data);
  const faults = [
    ...(data === NOTHING && stored.data !== undefined ? ["its data"] : []),
    ...(label !== data["label"] || (label === undefined && stored.type === "opened") ? ["the counter's name"] : []),
    ...(!takesBack && ("version" in data || "by" in data) ? ["which event it takes back"] : []),
  ];
  if (faults.length === 0) return { event: stored as StoredEvent<CounterEvent> };
  const { version, by } = data;
  const read = {
    ...(label !== undefined && { label }),
    ...(label === undefined && stored.type === "opened" && { label: nameOf(stored.stream) }),
    ...(takesBack && { version, by }),
  };
  const event = { ...stored, data: read } as StoredEvent as StoredEvent<CounterEvent>;
  return { event, fault: `This could not be read as it is: ${faults.join(", ")}.` };
}

const NOTHING: Readonly<Record<string, unknown>> = {};

function propertiesOf(data: unknown): Readonly<Record<string, unknown>> {
  return typeof data === "object" && data !== null && !Array.isArray(data)
    ? (data as Readonly<Record<string, unknown>>)
    : NOTHING;
}

function isCompensation(
  data: Readonly<Record<string, unknown>>,
): data is Readonly<Record<string, unknown>> & Compensation {
  return Number.isSafeInteger(data["version"]) && Number(data["version"]) > 0 && Number.isSafeInteger(data["by"]);
}
