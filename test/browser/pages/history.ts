/** A tab that appends by chance and watches all, until it is told to stop or killed. */
import { isEventStoreError, openEventStore, type EventStore } from "rivulet";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { idsOf, type Found, type Saying } from "../../support/history-check.ts";
import { randomFrom, type Random } from "../../support/random.ts";

const STREAMS = 3;

let store: EventStore;
let stopping = false;
let appending: Promise<void>;
const seen: string[] = [];

const history = {
  async start(name: string, tab: string, seed: number): Promise<void> {
    store = await openEventStore(sqliteWasm({ name }));
    void watch();
    appending = append(tab, randomFrom(seed));
  },
  /** Resolves when everything that was called has been answered. */
  async stop(): Promise<void> {
    stopping = true;
    await appending;
  },
  async read(): Promise<readonly Found[]> {
    const events = await store.read().toArray();
    return events.map(({ position, stream, version, id }): Found => [position, stream, version, id]);
  },
  /** The ids that the watch has handed over. */
  seen: (): readonly string[] => seen,
};

async function append(tab: string, random: Random): Promise<void> {
  for (let turn = 0; !stopping; turn++) {
    const calls = Array.from({ length: 1 + random.below(3) }, (_, index) =>
      appendOne(`${tab}.${turn}.${index}`, random),
    );
    await Promise.all(calls);
  }
}

async function appendOne(attempt: string, random: Random): Promise<void> {
  const stream = `stream-${random.below(STREAMS)}`;
  const events = idsOf(attempt, 1 + random.below(3)).map((id) => ({ id, type: "noted" }));
  const again = random.below(5) === 0;
  // Somebody else may be faster: then it is a conflict.
  const expected = random.below(3) === 0 ? await store.stream(stream).version() : -1;
  for (const repeated of again ? [false, true] : [false]) {
    const about = { attempt, stream, expected, again: repeated };
    try {
      const expectedVersion = expected < 0 ? "any" : expected;
      const { position, version } = await store.stream(stream).append(events, { expectedVersion });
      say({ answer: { ...about, outcome: "stored", position, version } });
    } catch (error) {
      if (!isEventStoreError(error, "version-conflict")) return say({ wrong: `${attempt}: ${String(error)}` });
      return say({ answer: { ...about, outcome: "conflict", position: 0, version: 0 } });
    }
  }
}

async function watch(): Promise<void> {
  try {
    for await (const { position, id } of store.watch()) {
      seen.push(id);
      if (position !== seen.length) say({ wrong: `a watcher got position ${position} as its ${seen.length}th` });
    }
  } catch (error) {
    say({ wrong: `a watcher ended: ${String(error)}` });
  }
}

/** On the console, which is heard until the browser dies. */
function say(saying: Saying): void {
  // oxlint-disable-next-line no-console
  console.log(JSON.stringify(saying));
}

declare global {
  interface Window {
    readonly recorded: typeof history;
  }
}

Object.assign(globalThis, { recorded: history });
