import { EventStoreError } from "../errors.ts";
import type { EventStorage, ModelStorage } from "./protocol.ts";

/** Returns a storage's read models. @throws `storage-unavailable` if it has no SQL. */
export function modelsOf({ models }: EventStorage): ModelStorage {
  if (models !== undefined) return models;
  throw new EventStoreError("storage-unavailable", "read models are SQL tables, and this store has no SQL", {
    reason: "no-sql",
  });
}
