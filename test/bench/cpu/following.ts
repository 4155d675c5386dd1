import type { Event, EventStore } from "rivulet";
import type { ConsumerParts } from "rivulet/consumers";
import { join } from "node:path";
import { openPair } from "../pair.ts";
import { PAYLOADS } from "../payload.ts";
import { startCrowd } from "../watching.ts";
import type { Build } from "./build.ts";
import type { Works } from "./rows.ts";

const EVENTS = 40_000;
const APPENDS = 20;

const handler = async (): Promise<void> => undefined;

/** A consumer that has a history before it, compared with a plain replay of that. */
export function consumer(eventsACheckpoint: number): Works {
  return consuming({ handler, batchSize: eventsACheckpoint });
}

/** The same with a handler of whole batches. */
export function batchConsumer(size: number): Works {
  return consuming({ batchHandler: handler, batchSize: size });
}

function consuming(parts: Omit<ConsumerParts<Event>, "name">): Works {
  return {
    async ours(build, folder) {
      const store = await openHistory(build, folder);
      const { defineConsumer } = await build.load("rivulet/consumers");
      let consumers = 0;
      return {
        async run() {
          // Each starts at the first event, with its own checkpoint.
          await using started = store.consume(defineConsumer({ ...parts, name: `consumer ${++consumers}` }));
          return await started.caughtUp(EVENTS);
        },
        close: () => store.close(),
      };
    },
    async against(build, folder) {
      const store = await openHistory(build, folder);
      return {
        async run() {
          let count = 0;
          for await (const event of store.read()) count += event.data === undefined ? 0 : 1;
          return count;
        },
        close: () => store.close(),
      };
    },
  };
}

async function openHistory(build: Build, folder: string): Promise<EventStore> {
  const { openEventStore } = await build.load("rivulet");
  const { betterSqlite3 } = await build.load("rivulet/better-sqlite3");
  const store = await openEventStore(betterSqlite3({ path: join(folder, "history.db") }));
  const events = PAYLOADS.slice(0, 1_000).map((data) => ({ type: "happened", data }));
  for (let done = 0; done < EVENTS; done += events.length) await store.stream("one").append(events);
  return store;
}

/** Appends to a stream that ten thousand loops watch, compared with as many callbacks after a commit by hand. */
export const crowd: Works = {
  async ours(build, folder) {
    const { openEventStore } = await build.load("rivulet");
    const { betterSqlite3 } = await build.load("rivulet/better-sqlite3");
    const store = await openEventStore(betterSqlite3({ path: join(folder, "crowd.db"), durability: "normal" }));
    const { append } = startCrowd(store);
    return {
      async run() {
        for (let count = 0; count < APPENDS; count++) await append();
        return APPENDS;
      },
      close: () => store.close(),
    };
  },
  async against(_build, folder) {
    const pair = await openPair(join(folder, "crowd"), "normal");
    const { callbacks } = startCrowd(pair.store, 0);
    return {
      run() {
        for (let count = 0; count < APPENDS; count++) {
          pair.write(1);
          callbacks();
        }
        return APPENDS;
      },
      close: pair.close,
    };
  },
};
