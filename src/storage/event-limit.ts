import type { AppendOutcome, AppendRequest, EventStorage } from "./protocol.ts";

/** How large an event may be. */
export interface EventLimit {
  /** The most bytes that an event's data and metadata may have together, as JSON. */
  readonly bytes: number;
  /** What has the limit, for the error's message, such as "a Durable Object". */
  readonly of: string;
}

/**
 * Refuses appends with an event that is too large, with `invalid-event`. Other appends of the same batch are not affected.
 *
 * @example
 * ```ts
 * const { storage } = await memory().open();
 * const limited = withEventLimit(storage, { bytes: 1_000_000, of: "this service" });
 * const adapter: Adapter = { name: "mine", open: async () => ({ storage: limited, verbs: {} }) };
 * ```
 */
export function withEventLimit(storage: EventStorage, limit: EventLimit): EventStorage {
  return {
    ...storage,
    async append(requests) {
      const refused = requests.map((request) => refuseTooLarge(request, limit));
      const outcomes = await storage.append(requests.filter((_, index) => refused[index] === undefined));
      let next = 0;
      return refused.map((outcome) => outcome ?? (outcomes[next++] as AppendOutcome));
    },
  };
}

function refuseTooLarge({ entries }: AppendRequest, { bytes: most, of }: EventLimit): AppendOutcome | undefined {
  for (const [place, { stream, events }] of entries.entries()) {
    for (const [index, { type, data, metadata }] of events.entries()) {
      const size = bytesOf(data ?? "", most) + bytesOf(metadata ?? "", most);
      if (size <= most) continue;
      const path = `${entries.length > 1 ? `entries[${place}].` : ""}events[${index}]`;
      const message = `the event "${type}" for the stream "${stream}" has ${size} bytes, and ${of} stores events of up to ${most}: keep the rest elsewhere`;
      return { ok: false, failure: { code: "invalid-event", message, details: { path } } };
    }
  }
  return undefined;
}

/** Returns the length in UTF-8. A text that is short enough in any case is not examined: its length in UTF-16 is returned. */
function bytesOf(text: string, most: number): number {
  if (text.length * 3 <= most / 2) return text.length;
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
