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
  /** Hides the component, or what it shows of its command, without removing it. */
  readonly hidden?: boolean;
  readonly store: EventStore | undefined;
  readonly model: ReadModel | undefined;
  readonly options: { readonly stream?: string };
  readonly least: number;
}

/** What a server is given, and a page before its store is open. */
export const nothing: Given = { store: undefined, model: undefined, options: {}, least: 0 };

/** What a component is given that shows a last known state. A server gives it nothing. */
export interface KnownGiven {
  readonly database: string;
  /** Called once the store is open. */
  readonly whenOpened: (give: (store: EventStore) => void) => void;
}

interface Application {
  show(given: Given): void;
  unmount(): void;
}

/** What a framework does with the components. */
interface Framework {
  mount(target: HTMLElement, given: Given): Application;
  hydrate(target: HTMLElement): void;
  hydrateKnown(target: HTMLElement, given: KnownGiven): void;
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

/** The command of the first component that was mounted. */
let run: (by: number) => Promise<unknown>;
/** How often a framework was told of a change of that command. */
let told = 0;

/** Called by a component with its command. */
export function keepRun(first: typeof run): void {
  run ??= first;
}

/** Called whenever a framework finds that a command is pending or not. */
export function tell(_pending: boolean): void {
  told += 1;
}

/** What a component shows of a projection. */
export const textOfTotal = ({ state, caughtUp }: { readonly state: number; readonly caughtUp: boolean }): string =>
  `${state} ${caughtUp ? "of all" : "so far"}`;

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
export function expose({ mount, hydrate, hydrateKnown }: Framework): void {
  let application: Application;
  let give: (opened: EventStore) => void;
  let database: string;
  /** What was shown of a last known state, one after the other. */
  const texts: string[] = [];
  window.bound = {
    async start() {
      const own = await openEventStore(sqliteWasm({ name: crypto.randomUUID() }));
      const made = await own.readModel(counting);
      store = Object.assign(own, { project: wrap(own.project) });
      model = Object.defineProperty(made, "live", { value: wrap(made.live) });
      application = mount(document.getElementById("root") as HTMLElement, { ...nothing, store, model });
    },
    mountAnother() {
      const target = document.createElement("div");
      target.id = "other";
      document.body.append(target);
      mount(target, { ...nothing, store, model });
    },
    append: (stream, by) => store.stream<CounterEvent>(stream).append({ type: "counted", data: { by } }),
    breakDown: () => store.stream<CounterEvent>("broken").append({ type: "broke" }),
    show: ({ none = false, ...given }) => application.show({ ...nothing, ...given, ...(none ? {} : { store, model }) }),
    unmount: () => application.unmount(),
    hydrate(html) {
      const target = place(html);
      hydrate(target);
      return target.querySelector("#total")?.textContent ?? "";
    },
    hydrateKnown(html, name) {
      database = name;
      const target = place(html);
      const shown = target.querySelector("#known");
      const note = (): void => {
        const text = target.textContent?.trim() ?? "";
        if (texts.at(-1) !== text) texts.push(text);
      };
      note();
      new MutationObserver(note).observe(target, { childList: true, characterData: true, subtree: true });
      hydrateKnown(target, { database, whenOpened: (then) => (give = then) });
      return shown !== null && shown === target.querySelector("#known");
    },
    async openKnown() {
      store = await openEventStore(sqliteWasm({ name: database }));
      give(store);
    },
    texts: () => texts,
    run: (by) => run(by),
    told: () => told,
    hold() {
      gate = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: () => release(),
    counts: () => [open, opened],
  };
}

/** Puts what a server has rendered into the page. */
function place(html: string): HTMLElement {
  const target = document.createElement("div");
  target.innerHTML = html;
  document.body.append(target);
  return target;
}

declare global {
  interface Window {
    bound: {
      start(): Promise<void>;
      /** Mounts the same components once more. */
      mountAnother(): void;
      append(stream: string, by: number): Promise<unknown>;
      breakDown(): Promise<unknown>;
      show(given: {
        readonly hidden?: boolean;
        readonly none?: boolean;
        readonly options?: { readonly stream?: string };
        readonly least?: number;
      }): void;
      unmount(): void;
      hydrate(html: string): string;
      /** Returns whether the element that a server has rendered is still there. */
      hydrateKnown(html: string, database: string): boolean;
      openKnown(): Promise<void>;
      texts(): readonly string[];
      run(by: number): Promise<unknown>;
      told(): number;
      hold(): void;
      release(): void;
      counts(): readonly [open: number, opened: number];
    };
  }
}
