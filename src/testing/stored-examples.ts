import { isEventStoreError, openEventStore } from "../index.ts";
import type { EventDefinitions } from "../index.ts";
import { createMemoryStorage } from "../storage/memory/storage.ts";
import { equal, show } from "./assert.ts";

/** An event as an older version of the code stored it, and what it must be today. */
export interface StoredExample {
  readonly type: string;
  /** Of its data, when it was stored. */
  readonly schemaVersion: number;
  readonly data: unknown;
  /** Its data today. */
  readonly expected: unknown;
}

/**
 * Rejects, saying where they differ, unless each example comes out of a store as expected, through all the upcasters from its
 * version on, and fits the schema of today. Every older version that the definitions can read must have an example: what is
 * not tried is named.
 */
export async function checkUpcasts(events: EventDefinitions, examples: readonly StoredExample[]): Promise<void> {
  for (const example of examples) await checkOne(events, example);
  for (const [type, versions] of events._rivulet.versions) {
    for (const version of versions.slice(0, -1)) {
      const tried = examples.some((example) => example.type === type && example.schemaVersion === version);
      if (!tried) throw new Error(`there is no example of "${type}" as version ${version} stored it`);
    }
  }
}

async function checkOne(
  events: EventDefinitions,
  { type, schemaVersion, data, expected }: StoredExample,
): Promise<void> {
  const what = `"${type}" of version ${schemaVersion}`;
  const storage = createMemoryStorage();
  const text = data === undefined ? null : JSON.stringify(data);
  const stored = { id: "stored", type, schemaVersion, data: text, metadata: null };
  const entry = { stream: "stored", expectedVersion: "any", events: [stored] } as const;
  await storage.append([{ entries: [entry], timestamp: 0, freshIds: true }]);

  const adapter = { name: "memory", open: () => Promise.resolve({ storage, verbs: {} }) };
  const store = await openEventStore(adapter, { events });
  try {
    const stream = store.stream("stored");
    const [found] = await stream.read().toArray();
    equal(found?.data, expected, `the data of ${what}`);
    await stream.append({ type, data: found?.data });
  } catch (error) {
    if (!isEventStoreError(error, "invalid-event")) throw error;
    const message = `what becomes of ${what} does not fit the schema: ${error.message}: ${show(expected)}`;
    throw new Error(message, { cause: error });
  } finally {
    await store.close();
  }
}
