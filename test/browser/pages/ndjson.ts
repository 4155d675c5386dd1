import { openEventStore, type EventStore, type ImportResult } from "rivulet";
import { ndjson } from "rivulet/ndjson";
import { sqliteWasm } from "rivulet/sqlite-wasm";

const open = (name: string): Promise<EventStore> => openEventStore(sqliteWasm({ name }));

const api = {
  /** Appends this many events to several streams, with characters of one to four bytes in UTF-8. */
  async fill(name: string, events: number): Promise<void> {
    const store = await open(name);
    for (let n = 0; n < events; n += 100) {
      const batch = Array.from({ length: 100 }, (_, index) => ({
        type: "noted",
        data: { n: n + index, text: "a\u00e9\u20ac\u{1f600}\u2028" },
        ...(index % 3 === 0 && { metadata: { by: "ada" } }),
      }));
      await store.stream(`stream-${(n / 100) % 3}`).append(batch);
    }
    await store.close();
  },
  /** As a page does for a download. */
  async download(name: string): Promise<string> {
    const store = await open(name);
    const blob = new Blob(await store.exportEvents(ndjson).toArray());
    await store.close();
    return blob.text();
  },
  /** As a page does with a chosen file. */
  async upload(name: string, text: string): Promise<ImportResult> {
    const store = await open(name);
    const result = await store.importEvents(ndjson, new File([text], "events.ndjson").stream());
    await store.close();
    return result;
  },
};

declare global {
  interface Window {
    files: typeof api;
  }
}

window.files = api;
