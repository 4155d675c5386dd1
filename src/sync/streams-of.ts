import type { PushedEntry } from "./messages.ts";

/** The streams that an entry concerns. */
export function streamsOf(entry: PushedEntry): readonly string[] {
  return entry.kind === "command" ? [entry.stream] : [...new Set(entry.entries.map(({ stream }) => stream))];
}
