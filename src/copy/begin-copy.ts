import { EventStoreError, invalidArgument } from "../errors.ts";
import type { EventStorage, StorageContents } from "../storage/protocol.ts";
import { decodePage } from "../storage/event-page.ts";

/** Refuses a store that follows a hub, whose order and times the target would not have. @throws `invalid-argument`. */
export async function refuseReplica({ sync }: EventStorage): Promise<void> {
  if (sync === undefined) return;
  const [{ items, unfollowed }, { entries }] = [
    await sync.loadReplica(),
    await sync.listEntries({ after: 0, limit: 1 }),
  ];
  if (items.length + unfollowed.length === 0 && entries.length === 0) return;
  throw invalidArgument("source", "a replica is not copied: let the new store follow the hub");
}

/**
 * Resolves with the position up to which the target is a copy; 0 for an empty one, which gets the source's lineage.
 *
 * @throws `invalid-argument` for a target with other events.
 */
export async function beginCopy(
  source: EventStorage,
  target: EventStorage,
  contents: StorageContents,
): Promise<number> {
  const { lineage } = await source.info();
  const { lineage: found } = await target.info();
  if (found !== lineage && !(await contents.adoptLineage(lineage))) {
    throw invalidArgument("target", "the target has events of another history: copy into an empty store");
  }
  const head = await target.head();
  if (head === 0) return 0;
  const [copied, original] = [await idAt(target, head), await idAt(source, head)];
  if (copied === original) return head;
  throw invalidArgument(
    "target",
    `the target has another event at position ${head} than the source: it was used after it was copied`,
  );
}

async function idAt(storage: EventStorage, position: number): Promise<string | undefined> {
  const query = { after: position - 1, upTo: position, direction: "forward", limit: 1 } as const;
  return decodePage(await storage.readPage(query))[0]?.id;
}

/** The error for a copy that differs from its source. */
export function differs(what: string, position?: number): EventStoreError<"storage-corrupt"> {
  const message = `the copy differs from its source: ${what}: does something else write to it? Copy into an empty store`;
  return new EventStoreError("storage-corrupt", message, position === undefined ? {} : { position });
}
