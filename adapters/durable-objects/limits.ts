import type { AppendOutcome, AppendRequest, EventStorage } from "../../src/adapter.ts";

/**
 * The most bytes that an event's data and metadata may have together as JSON. A row of a Durable Object has at most 2 MiB
 * (https://developers.cloudflare.com/durable-objects/platform/limits/), which leaves room for the event's names and numbers.
 */
const LARGEST_EVENT = 2 ** 21 - 2 ** 14;

/** Refuses appends with an event that is too large for the platform. Other appends of the same batch are not affected. */
export function withEventLimit(storage: EventStorage): EventStorage {
  return {
    ...storage,
    async append(requests) {
      const refused = requests.map(refuseTooLarge);
      const outcomes = await storage.append(requests.filter((_, index) => refused[index] === undefined));
      let next = 0;
      return refused.map((outcome) => outcome ?? (outcomes[next++] as AppendOutcome));
    },
  };
}

function refuseTooLarge({ entries }: AppendRequest): AppendOutcome | undefined {
  for (const [place, { stream, events }] of entries.entries()) {
    for (const [index, { type, data, metadata }] of events.entries()) {
      const size = bytesOf(data ?? "") + bytesOf(metadata ?? "");
      if (size <= LARGEST_EVENT) continue;
      const path = `${entries.length > 1 ? `entries[${place}].` : ""}events[${index}]`;
      const message = `the event "${type}" for the stream "${stream}" has ${size} bytes, and a Durable Object stores events of up to ${LARGEST_EVENT}: keep the rest elsewhere`;
      return { ok: false, failure: { code: "invalid-event", message, details: { path } } };
    }
  }
  return undefined;
}

/** Returns the length in UTF-8. A text that is short enough in any case is not examined: its length in UTF-16 is returned. */
function bytesOf(text: string): number {
  if (text.length * 3 <= LARGEST_EVENT / 2) return text.length;
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
