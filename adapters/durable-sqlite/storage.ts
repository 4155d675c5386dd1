import { openSqliteStorage, withEventLimit, type EventStorage } from "../../src/adapter.ts";
import { openDriver } from "./driver.ts";
import type { DurableObjectStorage } from "./platform.ts";

/**
 * The most bytes that an event's data and metadata may have together as JSON. A row of a Durable Object has at most 2 MiB
 * (https://developers.cloudflare.com/durable-objects/platform/limits/), which leaves room for the event's names and numbers.
 */
const LARGEST_EVENT = 2 ** 21 - 2 ** 14;

/** Opens the storage in the database of an object. `keys`: the metadata that is indexed. */
export async function openStorage(storage: DurableObjectStorage, keys: readonly string[]): Promise<EventStorage> {
  const info = {
    adapter: "durable-objects",
    backend: "durable-object",
    persisted: true,
    durability: "output-gate",
  } as const;
  const options = { info, exclusive: true, indexedMetadata: keys, pagesAs: "rows" } as const;
  const opened = await openSqliteStorage(openDriver(storage), options);
  return withEventLimit(opened, { bytes: LARGEST_EVENT, of: "a Durable Object" });
}
