import { refuseAborted, type AbortSignalLike } from "../platform.ts";
import { syncOf } from "../storage/capabilities.ts";
import type { EventStorage, StorageContents } from "../storage/protocol.ts";
import { differs } from "./begin-copy.ts";

const PAGE = 500;

/** The id of no event: what is copied has been found to have written none. */
const NO_ID = "";

/** Copies the results that a hub has kept for commands that wrote no events; resolves with their number. */
export async function copyResults(
  source: StorageContents,
  target: EventStorage,
  signal: AbortSignalLike | undefined,
): Promise<number> {
  let count = 0;
  for (let page = await source.listResults({ after: "", limit: PAGE }); ;) {
    for (const { key, result, timestamp } of page.results) {
      refuseAborted(signal);
      const found = await syncOf(target).saveResult({ key, id: NO_ID, result, timestamp });
      if (!("kept" in found) || found.kept !== result) throw differs(`the result of "${key}"`);
      count += 1;
    }
    if (page.done) return count;
    page = await source.listResults({ after: page.cursor, limit: PAGE });
  }
}
