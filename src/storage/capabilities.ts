import { EventStoreError } from "../errors.ts";
import type { EventStorage, ModelStorage } from "./protocol.ts";

/** A storage's read models. Throws `storage-unavailable` where it has none. */
export function modelsOf({ models }: EventStorage): ModelStorage {
  if (models !== undefined) return models;
  throw new EventStoreError("storage-unavailable", "read models are SQL tables, and this store has no SQL", {
    reason: "no-sql",
  });
}
