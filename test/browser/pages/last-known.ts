/** A page that shows a list as it was last known, then opens its store. What follows `#` is the interval of writing. */
import { openEventStore, type Event } from "rivulet";
import { defineProjection, lastKnown } from "rivulet/projections";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { render, show, tellView } from "../../bench/browser/view.ts";

const items = defineProjection<readonly string[], Event<"added", string>>({
  name: "items",
  initial: () => [],
  on: { added: (state, { data }) => [...state, data] },
});

const errors: string[] = [];
const last = lastKnown(items, {
  database: "list",
  interval: Number(location.hash.slice(1)),
  onError: (error) => errors.push((error as Error).name),
});
if (last.known !== undefined) render(last.known.state, "last known");
performance.mark("rendered");

tellView(async (all) => (await store).stream("a").append(all.map((data) => ({ type: "added", data }))));

const store = openEventStore(sqliteWasm({ name: "list" }));
const live = goLive();
// Where storage is denied, it does not open.
live.catch(() => undefined);

async function goLive(): Promise<void> {
  last.project(await store).subscribe(({ state }) => {
    show(state, "live");
  });
}

const api = {
  errors: (): readonly string[] => errors,
  /** The position of the state that was known at first. */
  first: last.known?.position,
  append: async (item: string): Promise<unknown> => (await store).stream("a").append({ type: "added", data: item }),
  destroy: async (): Promise<void> => (await store).destroy(),
  /** Whether the state was rendered before a worker was asked for. */
  isFirst(): boolean {
    const [rendered] = performance.getEntriesByName("rendered");
    const worker = performance.getEntriesByType("resource").find(({ name }) => name.includes("worker"));
    return rendered !== undefined && worker !== undefined && rendered.startTime <= worker.startTime;
  },
};

declare global {
  interface Window {
    known: typeof api;
  }
}

window.known = api;
