import { stringify } from "../events/json.ts";
import { refuseAborted, type AbortSignalLike } from "../platform.ts";
import { createPager, type Pager } from "../read/pager.ts";
import type { StoredEvent } from "../event.ts";
import type { EventStorage } from "../storage/protocol.ts";
import { differs } from "./begin-copy.ts";

/** Compares all events up to a position, everything about each. @throws `storage-corrupt` with the position of the first that differs. */
export async function verifyEvents(
  source: EventStorage,
  target: EventStorage,
  upTo: number,
  signal: AbortSignalLike | undefined,
  onProgress: (done: number) => void,
): Promise<void> {
  const walk = { after: 0, upTo, direction: "forward" } as const;
  const [originals, copies] = [source, target].map((storage) => createPager({ storage }, walk, upTo)) as [Pager, Pager];
  for (let page = await originals.next(); page !== undefined; page = await originals.next()) {
    refuseAborted(signal);
    const copied: StoredEvent[] = [];
    while (copied.length < page.length) {
      const more = await copies.next(page.length - copied.length);
      if (more === undefined) break;
      copied.push(...more);
    }
    for (const [index, event] of page.entries()) {
      if (stringify(copied[index] ?? null) !== stringify(event)) throw differs("an event", event.position);
    }
    onProgress(page.at(-1)?.position ?? 0);
  }
}
