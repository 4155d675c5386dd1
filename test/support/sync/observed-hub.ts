import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { createHub, type MadeResponse } from "rivulet/sync/hub";
import { bank } from "./bank.ts";
import { listen, type Served } from "./node-listener.ts";

/** A hub of the bank's accounts in this process, which notes what its replicas ask. */
export interface ObservedHub {
  readonly store: EventStore;
  /** Its address. */
  readonly url: string;
  /** How many pulls are open, and were at most. */
  readonly pulls: { open: number; most: number };
  /** The keys of the commands that were pushed, in order. */
  readonly pushed: string[];
  /** Set it to let pushes wait. */
  delay: Promise<void> | undefined;
  /** Cuts every connection, and accepts none until `start`. */
  stop(): void;
  start(): void;
  close(): Promise<void>;
}

export async function startObservedHub(): Promise<ObservedHub> {
  const store = await openEventStore(betterSqlite3());
  const hub = createHub(store, {
    authenticate: (request) => request.headers.get("authorization") ?? undefined,
    deciders: { bank },
    limits: { heartbeat: 1_000 },
  });
  const pulls = { open: 0, most: 0 };
  const pushed: string[] = [];
  const observed: Served = {
    async fetch(request) {
      const text = request.body === null ? "" : await new Response(request.body as never).text();
      const again = { ...request, body: new Response(text).body as never };
      if (!request.url.endsWith("/pull")) {
        const { entries = [] } = JSON.parse(text) as { readonly entries?: readonly { readonly key: string }[] };
        pushed.push(...entries.map(({ key }) => key));
        await self.delay;
        return hub.fetch(again);
      }
      const response = await hub.fetch(again);
      pulls.open += 1;
      pulls.most = Math.max(pulls.most, pulls.open);
      return { ...plain(response), body: noting(response.body, () => (pulls.open -= 1)) };
    },
  };
  const { url, server } = await listen(observed);
  const self: ObservedHub = {
    store,
    url,
    pulls,
    pushed,
    delay: undefined,
    // It keeps its port, which somebody else might take meanwhile.
    stop() {
      server.refuses = true;
      server.cut();
    },
    start() {
      server.refuses = false;
    },
    async close() {
      await server.close();
      await store.close();
    },
  };
  return self;
}

type Made = MadeResponse;

function plain({ status, headers }: Made): Pick<Made, "status" | "headers"> {
  return { status, headers };
}

/** Calls back once a body is read to its end, or given up. */
function noting(body: Made["body"], end: () => void): Made["body"] {
  if (body === null) return null;
  let ended = false;
  const once = (): void => {
    if (!ended) end();
    ended = true;
  };
  return {
    getReader() {
      const reader = body.getReader();
      return {
        async read() {
          const piece = await reader.read();
          if (piece.done) once();
          return piece;
        },
        cancel(reason) {
          once();
          return reader.cancel(reason);
        },
      };
    },
  };
}
