/** Events of counters that the page did not write: from another program, or from an imported file. */
import type { EventStore, NewEvent } from "rivulet";
import { EVENT_TYPES } from "../../demo/counter/events.ts";

/** Types of events: those of the page, and others. */
const ODD_TYPES: readonly string[] = [
  ...EVENT_TYPES,
  ...["reset", "constructor", "__proto__", "log-row unseen", "\u202edesrever", "t".repeat(255)],
];

const BY = [0.5, 1e300, 5e-324, -3, 0, 2 ** 53, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, "1", null, {}, true];
const LABELS = [{}, 7, null, "", "  ", "\u200b", "\u202edesrever", "a\0b", "lone \ud800", "n".repeat(50_000), "a\n\nb"];

/** Data of events: none, of another kind, and with properties that are missing, odd, or fine. */
const ODD_DATA: readonly unknown[] = [
  ...[undefined, null, [], [1], "text", 5, true, {}, JSON.parse('{ "__proto__": { "by": 1 } }')],
  ...BY.flatMap((by) => [{ by }, { version: 1, by }, { label: "Odd", version: 2, by }]),
  ...[0, -1, 1.5, 1e300, "1", null].flatMap((version) => [
    { version, by: 2 },
    { label: "Odd", version, by: 2 },
  ]),
  ...LABELS.flatMap((label) => [{ label }, { label, version: 1, by: 1 }]),
  ...[{ by: 4 }, { version: 1, by: 4 }, { label: "Fine" }, { version: 2 }, { by: 1, more: [[[]]] }],
];

const ODD_METADATA: readonly Readonly<Record<string, unknown>>[] = [
  ...[{}, { tab: {} }, { tab: "" }, { tab: "t".repeat(5_000) }, { tab: "Otter", act: 5 }],
  ...[
    { device: ["x"], act: "walk" },
    { device: "\u202edesrever", act: "walk" },
  ],
];

/** Streams of counters, and of others. */
export const ODD_STREAMS: readonly string[] = [
  ...["counter-odd", "counter-", "counter-\u202edesrever", "counter-a b\tc", `counter-${"s".repeat(247)}`],
  ...["counter-__proto__", "orders-17", "constructor", "__proto__"],
];

/** The event of a number: every type with every data, in turn, is among the first {@link ODD_COUNT}. */
export function oddEvent(number: number): NewEvent {
  const [type, data] = [ODD_TYPES[number % ODD_TYPES.length], ODD_DATA[Math.floor(number / ODD_TYPES.length)]];
  const metadata = ODD_METADATA[number % ODD_METADATA.length];
  return { type, ...(data !== undefined && { data }), metadata } as NewEvent;
}

export const ODD_COUNT: number = ODD_TYPES.length * ODD_DATA.length;

/** Appends every odd event, each to one of the odd streams. */
export async function appendOddEvents(store: EventStore): Promise<void> {
  const numbers = Array.from({ length: ODD_COUNT }, (_, number) => number);
  for (const [place, stream] of ODD_STREAMS.entries()) {
    const events = numbers.filter((number) => number % ODD_STREAMS.length === place).map(oddEvent);
    await store.stream(stream).append(events);
  }
}
