import { EventStoreError } from "../../../src/adapter.ts";
import { blocked } from "../shared/blocked.ts";

/**
 * Tries each browser interface that a store in files needs, before anything is started. Rejects with
 * `storage-unavailable`; `reason` is "no-browser", "insecure-page", "old-browser" (an interface is missing) or "blocked" (one of them
 * throws).
 */
export async function refuseWithoutMeans(): Promise<void> {
  refuseWithoutBrowser(globalThis.isSecureContext);
  if (!globalThis.isSecureContext) {
    throw unavailable("insecure-page", "this page is not secure: use https or localhost");
  }
  try {
    const { locks, storage } = navigator;
    const missing = Object.entries({ locks, storage, BroadcastChannel: globalThis.BroadcastChannel })
      .filter(([, means]) => means === undefined)
      .map(([name]) => name);
    if (missing.length > 0 || !("getDirectory" in storage)) {
      const lacking = missing.join(", ") || "private files";
      throw unavailable("old-browser", `this browser is too old: it lacks ${lacking}`);
    }
    await locks.request("rivulet//probe", { mode: "shared" }, () => undefined);
    new BroadcastChannel("rivulet//probe").close();
    await storage.getDirectory();
  } catch (error) {
    throw blocked(error);
  }
}

/** Checks that the interfaces of every browser exist. @throws `storage-unavailable` with the reason "no-browser". */
export function refuseWithoutBrowser(means: unknown): void {
  if (means === undefined) throw unavailable("no-browser", "there is no browser here: use rivulet/node");
}

function unavailable(reason: string, message: string): EventStoreError {
  return new EventStoreError("storage-unavailable", message, { reason });
}
