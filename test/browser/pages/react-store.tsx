/** Components that open their store themselves, that wait for what they show, and that call commands. */
import { Component, StrictMode, Suspense, useState, type ReactNode } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { openEventStore, type EventStore, type ReadModel } from "rivulet";
import {
  createStoreContext,
  useCommand,
  useProjection,
  useSuspenseLiveQuery,
  useSuspenseProjection,
} from "rivulet/react";
import { sql } from "rivulet/read-models";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { counting, counts, total, type CounterEvent } from "../counters.ts";

interface Opened {
  readonly store: EventStore;
  readonly model: ReadModel;
  close(): Promise<void>;
}

/** What happened to stores and live states: "open store", "close store", "open projection" and so on. */
const happened: string[] = [];
let name: string = crypto.randomUUID();
let fails = false;
let gate: Promise<void> | undefined;
let release: () => void = () => undefined;

function noted<Args extends readonly unknown[], Live extends { close(): void }>(
  what: string,
  make: (...args: Args) => Live,
): (...args: Args) => Live {
  return (...args) => {
    const live = make(...args);
    const { close } = live;
    happened.push(`open ${what}`);
    return Object.defineProperty(live, "close", {
      value: () => {
        happened.push(`close ${what}`);
        close();
      },
    });
  };
}

const { StoreProvider, useStore, useSuspenseStore } = createStoreContext(async (): Promise<Opened> => {
  happened.push("open store");
  await gate;
  if (fails) throw new Error("refused");
  const store = await openEventStore(sqliteWasm({ name }));
  const model = await store.readModel(counting);
  Object.assign(store, { project: noted("projection", store.project) });
  Object.defineProperty(model, "live", { value: noted("query", model.live) });
  return {
    store,
    model,
    async close() {
      happened.push("close store");
      await store.close();
    },
  };
});

class Boundary extends Component<{ readonly children?: ReactNode }, { readonly error?: Error }> {
  override state: { readonly error?: Error } = {};

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === undefined ? this.props.children : <p id="shown">{`failed: ${error.message}`}</p>;
  }
}

/** How often a state was shown that was not caught up. */
let early = 0;

function Waiting({ least }: { readonly least: number }): ReactNode {
  const { store, model } = useSuspenseStore();
  const { state, caughtUp } = useSuspenseProjection(store, total);
  const rows = useSuspenseLiveQuery<{ n: number }>(model, sql`SELECT n FROM ${counts} WHERE n >= ${least} ORDER BY n`);
  if (!caughtUp || !rows.caughtUp) early += 1;
  return <p id="shown">{`${state}: ${rows.state.map(({ n }) => n).join(", ")}`}</p>;
}

function Following(): ReactNode {
  const opened = useStore();
  const { state, caughtUp } = useProjection(opened?.store, total);
  return <p id="shown">{`${state} ${caughtUp ? "of all" : "so far"}`}</p>;
}

function Adding(): ReactNode {
  const opened = useStore();
  const [by, setBy] = useState(1);
  const { run, pending, error, result } = useCommand(async (times: number) => {
    await gate;
    if (times === 0) throw new Error("refused");
    const stream = opened?.store.stream<CounterEvent>("a");
    return (await stream?.append({ type: "counted", data: { by: by * times } }))?.version;
  });
  return (
    <>
      <button id="add" disabled={pending} onClick={() => void run(1)} />
      <button id="refused" onClick={() => void run(0)} />
      <button id="more" onClick={() => setBy(10)} />
      <p id="command">{`${pending ? "pending" : "idle"}, ${error instanceof Error ? error.message : "well"}, ${result}`}</p>
    </>
  );
}

interface Choice {
  readonly kind: "waiting" | "following" | "adding";
  readonly least?: number;
}

let choose: (choice: Choice | undefined) => void = () => undefined;

const page = ({ kind, least = 0 }: Choice): ReactNode => (
  <StoreProvider>
    <Boundary>
      <Suspense fallback={<p id="shown">waiting</p>}>
        {kind === "waiting" && <Waiting least={least} />}
        {kind !== "waiting" && <Following />}
        {kind === "adding" && <Adding />}
      </Suspense>
    </Boundary>
  </StoreProvider>
);

function App(): ReactNode {
  const [choice, setChoice] = useState<Choice>();
  choose = setChoice;
  return choice && page(choice);
}

const api = {
  async start(): Promise<void> {
    const store = await openEventStore(sqliteWasm({ name }));
    await store.stream<CounterEvent>("a").append({ type: "counted", data: { by: 2 } });
    await store.close();
    createRoot(document.getElementById("root") as HTMLElement).render(
      <StrictMode>
        <App />
      </StrictMode>,
    );
  },
  show: (choice: Choice | null): void => choose(choice ?? undefined),
  fail(): void {
    fails = true;
  },
  hold(): void {
    gate = new Promise((resolve) => {
      release = resolve;
    });
  },
  release: (): void => release(),
  happened: (): readonly string[] => happened,
  early: (): number => early,
  renderOnServer: (kind: Choice["kind"]): string => renderToString(page({ kind })),
  hydrate(kind: Choice["kind"], html: string): void {
    const place = document.getElementById("root") as HTMLElement;
    place.innerHTML = html;
    // A boundary that a server could not render is rendered in the page, which React mentions.
    hydrateRoot(place, page({ kind }), { onRecoverableError: (error) => happened.push(`hydrated: ${String(error)}`) });
  },
};

declare global {
  interface Window {
    readonly reactStore: typeof api;
  }
}

Object.assign(window, { reactStore: api });
