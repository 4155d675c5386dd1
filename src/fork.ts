import type { ReadSource } from "./read.ts";
import { createMemoryStorage } from "./storage/memory.ts";
import type { AppendEntry, EventStorage } from "./storage/protocol.ts";
import { createPager } from "./pager.ts";

/** Copies what a source holds into memory: positions, versions, ids and times stay what they are. */
export async function copyToMemory(source: ReadSource): Promise<EventStorage> {
  const copy = createMemoryStorage();
  const walk = { after: 0, upTo: Number.MAX_SAFE_INTEGER, direction: "forward" } as const;
  const pager = createPager(source, walk, await source.end?.());
  for (let page = await pager.next(); page !== undefined; page = await pager.next()) {
    await copy.append(
      page.map(({ stream, timestamp, data, metadata, ...rest }) => {
        const texts = {
          data: data === undefined ? null : JSON.stringify(data),
          metadata: JSON.stringify(metadata),
        };
        const entry: AppendEntry = { stream, expectedVersion: "any", events: [{ ...rest, ...texts }] };
        return { entries: [entry], timestamp, freshIds: true };
      }),
    );
  }
  return copy;
}
