import { Component, createElement, Fragment, StrictMode, useState, version, type ReactNode } from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { openEventStore, type EventStore, type LiveProjection, type ReadModel } from "rivulet";
import { useLiveQuery, useProjection } from "rivulet/react";
import { lastKnown } from "rivulet/projections";
import { sql } from "rivulet/read-models";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { counting, counts, total, type CounterEvent } from "../counters.ts";

/** The text that an application's error boundary would show. */
interface Bounded {
  readonly children?: ReactNode;
  readonly onError?: (error: Error) => void;
}

class Boundary extends Component<Bounded, { readonly error?: Error }> {
  override state: { readonly error?: Error } = {};

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }

  override componentDidCatch(error: Error): void {
    this.props.onError?.(error);
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === undefined
      ? this.props.children
      : createElement("p", { id: "error" }, (error as { code?: string }).code);
  }
}

function Total({ store, stream }: { readonly store: EventStore | undefined; readonly stream?: string }): ReactNode {
  const { state, caughtUp } = useProjection(store, total, stream === undefined ? {} : { stream });
  return createElement("p", { id: "total" }, `${state} ${caughtUp ? "of all" : "so far"}`);
}

function Counts({ model, least }: { readonly model: ReadModel | undefined; readonly least: number }): ReactNode {
  const { state } = useLiveQuery<{ stream: string; n: number }>(
    model,
    sql`SELECT stream, n FROM ${counts} WHERE n >= ${least} ORDER BY stream`,
    model === undefined ? {} : { reads: [model] },
  );
  return createElement("p", { id: "counts" }, state.map(({ stream, n }) => `${stream} ${n}`).join(", "));
}

interface Shown {
  readonly store?: boolean;
  readonly stream?: string;
  readonly least?: number;
}

let store: EventStore;
let model: ReadModel;
let root: Root | undefined;
let show: (shown: Shown | undefined) => void = () => undefined;
/** How many projections and queries are open, and how many were ever opened. */
let open = 0;
let opened = 0;

function App(): ReactNode {
  const [shown, setShown] = useState<Shown | undefined>({});
  show = setShown;
  if (shown === undefined) return null;
  const { store: given = true, stream, least = 0 } = shown;
  return createElement(
    Fragment,
    {},
    createElement(Total, { store: given ? store : undefined, ...(stream !== undefined && { stream }) }),
    createElement(Counts, { model: given ? model : undefined, least }),
  );
}

const page = (): ReactNode => createElement(StrictMode, {}, createElement(Boundary, { children: createElement(App) }));

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

/** What a component has shown of a last known state, since the page was loaded. */
const texts: string[] = [];

const api = {
  version,
  /**
   * Hydrates, with a last known state, what a server has rendered without one; then gives it its store, which keeps the state. Returns what
   * the server has rendered.
   */
  showLastKnown(name: string): string {
    const html = renderToString(createElement("p", {}, "0 so far"));
    const last = lastKnown(total, { database: name, interval: 0 });
    let give: (given: EventStore) => void = () => undefined;
    function Known(): ReactNode {
      const [given, setGiven] = useState<EventStore>();
      give = setGiven;
      const { state, caughtUp } = useProjection(given, last);
      const text = `${state} ${caughtUp ? "of all" : "so far"}`;
      if (texts.at(-1) !== text) texts.push(text);
      return createElement("p", {}, text);
    }
    const place = document.createElement("div");
    place.innerHTML = html;
    document.body.append(place);
    const onRecoverableError = (error: unknown): void => console.error(`hydration: ${String(error)}`);
    hydrateRoot(place, createElement(Known), { onRecoverableError });
    api.openLastKnown = async () => {
      store = await openEventStore(sqliteWasm({ name }));
      give(store);
    };
    return html;
  },
  openLastKnown: (): Promise<void> => Promise.resolve(),
  texts: (): readonly string[] => texts,
  async start(): Promise<void> {
    const own = await openEventStore(sqliteWasm({ name: crypto.randomUUID() }));
    const made = await own.readModel(counting);
    store = Object.assign(own, { project: wrap(own.project) });
    model = Object.defineProperty(made, "live", { value: wrap(made.live) });
    root = createRoot(document.getElementById("root") as HTMLElement);
    root.render(page());
  },
  append: (stream: string, by: number): Promise<unknown> =>
    store.stream<CounterEvent>(stream).append({ type: "counted", data: { by } }),
  breakDown: (): Promise<unknown> => store.stream<CounterEvent>("broken").append({ type: "broke" }),
  show: (shown: Shown | null): void => show(shown ?? undefined),
  unmount: (): void => root?.unmount(),
  remount(): void {
    root = createRoot(document.getElementById("root") as HTMLElement);
    root.render(page());
  },
  /** The error that a boundary gets from a hook with a wrong value for one of its arguments. */
  callWrongly(hook: "useProjection" | "useLiveQuery", at: number, wrong: unknown): Promise<string> {
    const good = hook === "useProjection" ? [store, total, {}] : [model, sql`SELECT n FROM ${counts}`, {}];
    const use = { useProjection, useLiveQuery }[hook] as (...args: unknown[]) => { readonly caughtUp: boolean };
    return new Promise((resolve) => {
      function Calling(): ReactNode {
        const { caughtUp } = use(...good.map((one, index) => (index === at ? wrong : one)));
        if (caughtUp) resolve("goes well");
        return null;
      }
      const own = createRoot(document.createElement("div"));
      const onError = (error: Error): void => {
        const { code, details } = error as { code?: string; details?: { readonly argument?: string } };
        resolve(`${code ?? String(error)}: ${details?.argument ?? ""}`);
      };
      // oxlint-disable-next-line react/no-children-prop
      own.render(createElement(Boundary, { onError, children: createElement(Calling) }));
    });
  },
  closeStore: (): Promise<void> => store.close(),
  open: (): number => open,
  opened: (): number => opened,
  /** Renders as a server does, without a store; then hydrates the page, which must report no error. */
  hydrate(): string {
    const app = createElement(StrictMode, {}, createElement(Total, { store: undefined }));
    const html = renderToString(app);
    const place = document.createElement("div");
    place.innerHTML = html;
    document.body.append(place);
    hydrateRoot(place, app, { onRecoverableError: (error) => console.error(`hydration: ${String(error)}`) });
    return html;
  },
  /** With a store on the server, the initial state is rendered too, and nothing is opened. */
  renderOnServer: (): string => renderToString(createElement(Total, { store })),
};

function wrap<Args extends readonly unknown[], Live extends LiveProjection<unknown>>(
  make: (...args: Args) => Live,
): (...args: Args) => Live {
  return (...args) => counted(make(...args));
}

declare global {
  interface Window {
    react: typeof api;
  }
}

window.react = api;
