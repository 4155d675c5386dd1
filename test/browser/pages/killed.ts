/**
 * For a browser that a test can only start and kill: posts the events that it finds, then those that it appends until
 * it is killed.
 */
import { openEventStore } from "rivulet";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { readPoolFiles } from "./pool-files.ts";

/** The state when the page was loaded. */
export interface Left {
  /** The files before the store is opened; undefined if there are none. */
  readonly files?: Record<string, string>;
  /** The events as the store then reads them. */
  readonly events: readonly (readonly [position: number, stream: string, data: unknown])[];
}

const STORE = "killed";

const files = await readPoolFiles(STORE).catch(() => undefined);
const store = await openEventStore(sqliteWasm({ name: STORE }));
const events = await store.read().toArray();
await post("/left", {
  ...(files !== undefined && { files }),
  events: events.map(({ position, stream, data }) => [position, stream, data] as const),
} satisfies Left);
// Some at once and some alone, so that kills hit large and small transactions.
for (let next = events.length; ;) {
  const numbers = Array.from({ length: 1 + (next % 5) * 10 }, () => next++);
  await Promise.all(numbers.map((data) => store.stream("counted").append({ type: "counted", data })));
  await post("/acknowledged", next);
}

async function post(path: string, body: unknown): Promise<void> {
  await fetch(path, { method: "POST", body: JSON.stringify(body) });
}
