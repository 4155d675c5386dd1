import { openEventStore, type EventStore } from "rivulet";
import { sqliteWasm, type SqliteWasmVerbs } from "rivulet/sqlite-wasm";
import { PAYLOADS } from "../payload.ts";
import type { BareCalls } from "./bare-worker.ts";
import { startCalling, type Caller } from "./calls.ts";
import type { BenchCalls } from "./worker.ts";

export type TabStore = EventStore & SqliteWasmVerbs;

export function openStore(name: string): Promise<TabStore> {
  return openEventStore(sqliteWasm({ name }));
}

export function startBench(): Caller<BenchCalls> {
  return startCalling(new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }));
}

export function startBare(): Caller<BareCalls> {
  return startCalling(new Worker(new URL("./bare-worker.ts", import.meta.url), { type: "module" }));
}

/** Appends a thousand events, `batches` times. */
export async function appendBatches(store: EventStore, batches: number): Promise<number> {
  for (let batch = 0; batch < batches; batch++) {
    await store.stream("one").append(PAYLOADS.map((data) => ({ type: "happened", data })));
  }
  return batches * 1000;
}

export async function appendOneByOne(store: EventStore, count: number): Promise<number> {
  const stream = store.stream("one");
  for (let index = 0; index < count; index++) await stream.append({ type: "happened", data: PAYLOADS[index % 1000] });
  return count;
}

export async function appendTogether(store: EventStore, count: number): Promise<number> {
  const stream = store.stream("one");
  await Promise.all(
    Array.from({ length: count }, (_, index) => stream.append({ type: "happened", data: PAYLOADS[index % 1000] })),
  );
  return count;
}

export function settled(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
