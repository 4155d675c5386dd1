import { isEventStoreError, openEventStore } from "../index.ts";
import type { EventDefinitions } from "../index.ts";
import { createMemoryStorage } from "../storage/memory/storage.ts";
import { invalidArgument } from "../errors.ts";
import { checkInteger, checkName, checkOptions, checkVerb } from "../validate.ts";
import { equal, show } from "./assert.ts";

/** An example for upcasters: an event as older code stored it, and its expected data today. */
export interface StoredExample {
  /** The event type. */
  readonly type: string;
  /** The version of the stored data. */
  readonly schemaVersion: number;
  /** The stored data. */
  readonly data: unknown;
  /** The expected data today. */
  readonly expected: unknown;
}

/**
 * Checks upcasters: each example must be read from a store as expected and match today's schema, and every older version that the
 * definitions can read must have an example. Rejects with an `Error` that says what differs or is missing.
 *
 * @throws `invalid-argument`, `upcast-failed` or `unknown-event`.
 * @example
 * ```ts
 * const upcast = { 1: (cents: unknown) => ({ amount: Number(cents) / 100 }) };
 * await checkUpcasts(defineEvents({ deposited: { version: 2, upcast } }), [
 *   { type: "deposited", schemaVersion: 1, data: 10_000, expected: { amount: 100 } },
 * ]);
 * ```
 */
export async function checkUpcasts(events: EventDefinitions, examples: readonly StoredExample[]): Promise<void> {
  checkVerb(events?._rivulet?.versions, "get", "events", "from defineEvents");
  if (!Array.isArray(examples)) throw invalidArgument("examples", "examples must be a list");
  for (const [index, example] of examples.entries()) {
    const place = `examples[${index}]`;
    checkOptions(example, ["type", "schemaVersion", "data", "expected"], place);
    checkName(example.type, `${place}.type`);
    checkInteger(example.schemaVersion, `${place}.schemaVersion`, 1);
    await checkOne(events, example);
  }
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
    const message = `the upcast data of ${what} does not match the schema: ${error.message}: ${show(expected)}`;
    throw new Error(message, { cause: error });
  } finally {
    await store.close();
  }
}
