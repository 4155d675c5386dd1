import type { StoredEvent } from "../../../event.ts";
import { createPager, type Scope } from "../../../read/pager.ts";
import { decodePage } from "../../../storage/event-page.ts";
import type { StoreContext } from "../../../storage/store-context.ts";

/** What reading events needs. */
type Source = Pick<StoreContext, "storage" | "format" | "pause">;

/** Reads the events after a version or position, up to another, in pages. */
export async function* readOn(
  context: Source,
  scope: Scope,
  after: number,
  upTo: number,
): AsyncGenerator<readonly StoredEvent[]> {
  const pager = createPager(context, { ...scope, after, upTo, direction: "forward" });
  for (let page = await pager.next(); page !== undefined; page = await pager.next()) yield page;
}

/** Resolves with the version that a stream has at a position. */
export async function versionAt({ storage }: Source, stream: string, position: number): Promise<number> {
  const walk = {
    stream,
    after: 0,
    upTo: Number.MAX_SAFE_INTEGER,
    head: position,
    direction: "backward",
    limit: 1,
  } as const;
  return decodePage(await storage.readPage(walk))[0]?.version ?? 0;
}
