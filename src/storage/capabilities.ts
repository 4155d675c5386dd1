import { EventStoreError } from "../errors.ts";
import type { EventStorage, ModelStorage, StorageContents, SyncStorage } from "./protocol.ts";

/** Returns a storage's read models. @throws `storage-unavailable` if it has no SQL. */
export function modelsOf({ models }: EventStorage): ModelStorage {
  if (models !== undefined) return models;
  throw new EventStoreError("storage-unavailable", "read models are SQL tables, and this store has no SQL", {
    reason: "no-sql",
  });
}

/** Returns what a storage keeps for replicas and hubs. @throws `storage-unavailable` if it keeps none of that. */
export function syncOf({ sync }: EventStorage): SyncStorage {
  if (sync !== undefined) return sync;
  const message = "this storage can be neither a replica nor a hub: use an adapter of rivulet";
  throw new EventStoreError("storage-unavailable", message, { reason: "no-sync" });
}

/** Returns what a copy needs of a storage. @throws `storage-unavailable` if it has none of that. */
export function contentsOf({ contents }: EventStorage): StorageContents {
  if (contents !== undefined) return contents;
  const message =
    "this storage works in another thread or process, and cannot be copied from here: open it without a worker";
  throw new EventStoreError("storage-unavailable", message, { reason: "no-contents" });
}
