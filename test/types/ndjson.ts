/** What the compiler must accept and refuse of exports and imports. Compiled with the tests, never run. */
import { createReadStream } from "node:fs";
import type { EventStore, ExportedText, ImportResult, StoredEvent } from "rivulet";
import { ndjson, ndjsonLine, parseStrictJson } from "rivulet/ndjson";
import { expectTypeOf } from "vitest";

export async function exports(store: EventStore, event: StoredEvent): Promise<void> {
  expectTypeOf(store.exportEvents(ndjson)).toEqualTypeOf<ExportedText>();
  for await (const text of store.at(3).exportEvents(ndjson, { after: 1, types: ["a"] })) text satisfies string;
  expectTypeOf(ndjsonLine(event)).toEqualTypeOf<string>();
  expectTypeOf(parseStrictJson("{}")).toEqualTypeOf<unknown>();
  expectTypeOf(new Blob(await store.exportEvents(ndjson).toArray())).toEqualTypeOf<Blob>();

  // @ts-expect-error An export goes forward.
  store.exportEvents(ndjson, { direction: "backward" });
  // @ts-expect-error It says which format.
  store.exportEvents();
}

export async function imports(store: EventStore, blob: Blob, response: Response): Promise<void> {
  expectTypeOf(await store.importEvents(ndjson, "")).toEqualTypeOf<ImportResult>();
  await store.importEvents(ndjson, createReadStream("events.ndjson"));
  await store.importEvents(ndjson, blob.stream());
  await store.importEvents(ndjson, response.body as ReadableStream<Uint8Array>);
  await store.importEvents(ndjson, [new Uint8Array(1), "text"]);
  await store.importEvents(ndjson, store.exportEvents(ndjson), {
    onError: ({ code, details }) => [code satisfies "import-failed", details.line satisfies number],
    onProgress: ({ imported }) => void imported,
    signal: new AbortController().signal,
  });

  // @ts-expect-error Events are not lines.
  await store.importEvents(ndjson, store.read());
  // @ts-expect-error A blob is not yet a stream.
  await store.importEvents(ndjson, blob);
  // @ts-expect-error The past cannot be written to.
  await store.at(3).importEvents(ndjson, "");
}
