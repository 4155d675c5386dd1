/** Components that show a replica, whose hub is in the same page. */
import { createElement, Fragment, StrictMode, useState, type ReactNode } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { openEventStore, type EventStore, type ReadModel } from "rivulet";
import { useLiveQuery, useProjection, useReplicaStatus } from "rivulet/react";
import { sql } from "rivulet/read-models";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { follow, type Replica } from "rivulet/sync";
import { createTestHub, type TestHub } from "rivulet/testing";
import { counting, counts, total, type CounterEvent } from "../counters.ts";

interface Given {
  readonly replica: Replica | undefined;
  readonly model: ReadModel | undefined;
  readonly stream?: string | undefined;
}

/** Shows everything in one text: state, confirmed state, rows, what is pending, the status. */
function Shown({ replica, model, stream }: Given): ReactNode {
  const { state, confirmed, pending, caughtUp } = useProjection(replica, total, stream === undefined ? {} : { stream });
  const rows = useLiveQuery<{ stream: string; n: number }>(
    model,
    sql`SELECT stream, n FROM ${counts} ORDER BY stream`,
    { replica },
  );
  const status = useReplicaStatus(replica);
  const texts = [
    `${state} of which ${confirmed}, ${pending} pending${caughtUp ? "" : ", so far"}`,
    `${rows.state.map(({ stream: name, n }) => `${name} ${n}`).join(", ")} with ${rows.pending}`,
    `${status.connection}, ${status.pending} pending, ${status.rejected} rejected`,
  ];
  return createElement("p", { id: "shown" }, texts.join("; "));
}

let hub: TestHub;
let store: EventStore;
let replica: Replica;
let model: ReadModel;
let show: (given: Partial<Given> & { readonly none?: boolean }) => void = () => undefined;
let renders = 0;

function App(): ReactNode {
  const [{ none = false, stream }, set] = useState<Partial<Given> & { readonly none?: boolean }>({ none: true });
  show = set;
  renders += 1;
  return createElement(
    Fragment,
    {},
    createElement(Shown, none ? { replica: undefined, model: undefined } : { replica, model, stream }),
  );
}

const api = {
  async start(): Promise<void> {
    hub = await createTestHub();
    store = await openEventStore(sqliteWasm({ name: crypto.randomUUID() }));
    model = await store.readModel(counting);
    replica = await follow(store, { url: hub.url, fetch: hub.fetch, streamPrefixes: ["counter-"] });
    createRoot(document.getElementById("root") as HTMLElement).render(
      createElement(StrictMode, {}, createElement(App)),
    );
  },
  show: (given: { readonly none?: boolean; readonly stream?: string }): void => show(given),
  append: (stream: string, by: number): Promise<unknown> =>
    replica.stream<CounterEvent>(stream).append({ type: "counted", data: { by } }),
  setOnline: (online: boolean): void => (online ? hub.online() : hub.offline()),
  hurry: (): void => replica.hurry(),
  close: (): Promise<void> => replica.close(),
  renders: (): number => renders,
  /** Renders as a server does, with a replica and without, then hydrates what it has made. */
  renderOnServer(): readonly string[] {
    const without = createElement(Shown, { replica: undefined, model: undefined });
    const html = renderToString(without);
    const place = document.createElement("div");
    place.innerHTML = html;
    document.body.append(place);
    hydrateRoot(place, without, { onRecoverableError: (error) => console.error(`hydration: ${String(error)}`) });
    return [html, renderToString(createElement(Shown, { replica, model }))];
  },
};

declare global {
  interface Window {
    readonly reactReplica: typeof api;
  }
}

Object.assign(window, { reactReplica: api });
