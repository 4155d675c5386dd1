import type { AbortSignalLike } from "../../../platform.ts";
import type { PullLine, PullMessage } from "../../messages.ts";

/** Gets the lines of a pull by one request after another. The hub answers each when there is something, or after a heartbeat. */
export async function* pollLines(
  message: PullMessage,
  request: (message: PullMessage, signal: AbortSignalLike) => AsyncIterable<PullLine>,
  signal: AbortSignalLike,
): AsyncGenerator<PullLine> {
  for (let asked: PullMessage = { ...message, once: true }; ;) {
    let last: PullLine | undefined;
    for await (const line of request(asked, signal)) {
      last = line;
      yield line;
    }
    if (last === undefined || (last.caughtUp && !message.live)) return;
    asked = { ...askedAfter(asked, last), quiet: last.caughtUp && message.live };
  }
}

/** What to ask next, after a line. */
export function askedAfter(message: PullMessage, { lineage, gone, place }: PullLine): PullMessage {
  const items = message.items.map((item) =>
    (item.kind === "stream" && gone.includes(item.name)) || item.position >= place.position
      ? item
      : { ...item, ...place },
  );
  return { ...message, lineage, items };
}
