import type { AppendOutcome, AppendRequest, EventStorage } from "../../src/adapter.ts";

/**
 * How many bytes an event's data and metadata may have as JSON: a row or value of a Durable Object has 2 MiB at most, and the event's
 * names and numbers stand beside them (https://developers.cloudflare.com/durable-objects/platform/limits/).
 */
const LARGEST_EVENT = 2 ** 21 - 2 ** 14;

/** Refuses events that could be written and not be read, or not even written, each append by itself. */
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
  for (const { stream, events } of entries) {
    for (const [index, { type, data, metadata }] of events.entries()) {
      const size = bytesOf(data ?? "") + bytesOf(metadata ?? "");
      if (size <= LARGEST_EVENT) continue;
      const message = `the event "${type}" for the stream "${stream}" has ${size} bytes, and a Durable Object stores events of up to ${LARGEST_EVENT}: keep the rest elsewhere`;
      return { ok: false, failure: { code: "invalid-event", message, details: { path: `events[${index}]` } } };
    }
  }
  return undefined;
}

/** As UTF-8; what is small in any case is not looked at. */
function bytesOf(text: string): number {
  if (text.length * 3 <= LARGEST_EVENT / 2) return text.length;
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
