/** What the applications of all frameworks show, and what their pages offer to the tests. */
import { openEventStore, type EventStore, type LiveProjection, type ReadModel } from "rivulet";
import { sql } from "rivulet/read-models";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { counting, counts, type CounterEvent } from "../counters.ts";

/** The counters of at least so much. */
export const atLeast = (least: number) => sql`SELECT stream, n FROM ${counts} WHERE n >= ${least} ORDER BY stream`;

/** The rows as one text. */
export const textOf = (rows: readonly { readonly stream: string; readonly n: number }[]): string =>
  rows.map(({ stream, n }) => `${stream} ${n}`).join(", ");

/** What a component is given. */
export interface Given {
  readonly store: EventStore | undefined;
  readonly model: ReadModel | undefined;
  readonly options: { readonly stream?: string };
  readonly least: number;
}

/** What a server is given, and a page before its store is open. */
export const nothing: Given = { store: undefined, model: undefined, options: {}, least: 0 };

export interface Application {
  show(given: Given): void;
  unmount(): void;
}

let store: EventStore;
let model: ReadModel;
/** How many projections and queries are open, and how many were ever opened. */
let open = 0;
let opened = 0;
let gate: Promise<void> | undefined;
let release: () => void = () => undefined;

/** The command of the button: it waits while the test holds it, and refuses what is less than nothing. */
export async function add(by: number): Promise<number> {
  await gate;
  if (by < 0) throw new Error("refused");
  const { version } = await store.stream<CounterEvent>("a").append({ type: "counted", data: { by } });
  return version;
}

/** Counts the handles that are opened and closed. */
function counted<Live extends LiveProjection<unknown>>(live: Live): Live {
  open += 1;
  opened += 1;
  const { close } = live;
  let closed = false;
  // With its getters: a copy would not change.
  return Object.defineProperty(live, "close", {
    value: () => {
      if (!closed) open -= 1;
      closed = true;
      close();
    },
  });
}

function wrap<Args extends readonly unknown[], Live extends LiveProjection<unknown>>(
  make: (...args: Args) => Live,
): (...args: Args) => Live {
  return (...args) => counted(make(...args));
}

/** Gives the page's functions to the test. */
export function expose(
  mount: (target: HTMLElement, given: Given) => Application,
  hydrate: (target: HTMLElement) => void,
): void {
  let application: Application;
  window.bound = {
    async start() {
      const own = await openEventStore(sqliteWasm({ name: crypto.randomUUID() }));
      const made = await own.readModel(counting);
      store = Object.assign(own, { project: wrap(own.project) });
      model = Object.defineProperty(made, "live", { value: wrap(made.live) });
      application = mount(document.getElementById("root") as HTMLElement, { ...nothing, store, model });
    },
    append: (stream, by) => store.stream<CounterEvent>(stream).append({ type: "counted", data: { by } }),
    breakDown: () => store.stream<CounterEvent>("broken").append({ type: "broke" }),
    show: ({ none = false, ...given }) => application.show({ ...nothing, ...given, ...(none ? {} : { store, model }) }),
    unmount: () => application.unmount(),
    hydrate(html) {
      const target = document.createElement("div");
      target.innerHTML = html;
      document.body.append(target);
      hydrate(target);
      return target.querySelector("#total")?.textContent ?? "";
    },
    hold() {
      gate = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: () => release(),
    counts: () => [open, opened],
  };
}

declare global {
  interface Window {
    bound: {
      start(): Promise<void>;
      append(stream: string, by: number): Promise<unknown>;
      breakDown(): Promise<unknown>;
      show(given: {
        readonly none?: boolean;
        readonly options?: { readonly stream?: string };
        readonly least?: number;
      }): void;
      unmount(): void;
      hydrate(html: string): string;
      hold(): void;
      release(): void;
      counts(): readonly [open: number, opened: number];
    };
  }
}
