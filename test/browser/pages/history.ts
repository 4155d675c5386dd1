/** A tab that makes random appends and watches the whole store, until it is stopped or killed. */
import { openEventStore, type EventStore } from "rivulet";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import type { Call, Found, Saying } from "../../support/history-check.ts";
import { randomFrom, type Random } from "../../support/random.ts";
import { recordCalls } from "../../support/recorded-calls.ts";
import { readPoolFiles } from "./pool-files.ts";

let store: EventStore;
let stopping = false;
let granted = 0;
let goOn = (): void => undefined;
let appending: Promise<void>;
const seen: string[] = [];

const history = {
  /** `open` are the calls with an unknown outcome, which are repeated. */
  async start(name: string, tab: string, seed: number, open: readonly Call[]): Promise<void> {
    store = await openEventStore(sqliteWasm({ name }));
    void watch(tab);
    appending = append(tab, randomFrom(seed), open);
  },
  /** Allows this many more rounds of a few calls each, so that a slow browser does not make the history endless. */
  grant(turns: number): void {
    granted += turns;
    goOn();
  },
  /** Resolves when every call was answered. */
  async stop(): Promise<void> {
    stopping = true;
    goOn();
    await appending;
  },
  close: () => store.close(),
  async read(): Promise<readonly Found[]> {
    const events = await store.read().toArray();
    return events.map(({ position, stream, version, id }): Found => [position, stream, version, id]);
  },
  /** The ids of the events that the watch has delivered. */
  seen: (): readonly string[] => seen,
};

async function append(tab: string, random: Random, open: readonly Call[]): Promise<void> {
  const { appendOne, make } = recordCalls(store, random, say);
  await Promise.all(open.map(make));
  for (let turn = 0; !stopping; turn++) {
    if (turn >= granted) await new Promise<void>((resolve) => (goOn = resolve));
    const calls = Array.from({ length: 1 + random.below(3) }, (_, index) => appendOne(`${tab}.${turn}.${index}`));
    await Promise.all(calls);
  }
}

async function watch(watcher: string): Promise<void> {
  let events: [number, string][] = [];
  const sayThem = (): void => {
    say({ saw: { watcher, events } });
    events = [];
  };
  try {
    for await (const { position, id } of store.watch()) {
      seen.push(id);
      // Events that arrive together are reported together.
      if (events.push([position, id]) === 1) setTimeout(sayThem);
    }
  } catch (error) {
    say({ wrong: `a watcher ended: ${String(error)}` });
  }
}

/** Through the console, which is received until the browser dies. */
function say(saying: Saying): void {
  // oxlint-disable-next-line no-console
  console.log(JSON.stringify(saying));
}

declare global {
  interface Window {
    readonly recorded: typeof history;
  }
}

Object.assign(globalThis, { recorded: history, poolFiles: readPoolFiles });
