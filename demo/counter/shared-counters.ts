import type { EventStore } from "rivulet";
import { defineProjection } from "rivulet/projections";
import type { LivePending, Replica } from "rivulet/sync";
import { allCounters } from "./all-counters.ts";
import { next, NO_COUNTER, type Counter, type Counters } from "./counter.ts";
import { PREFIX, type CounterEvent } from "./events.ts";
import { createLatest } from "./latest.ts";
import type { Live } from "./service.ts";

const oneCounter = defineProjection<Counter, CounterEvent>({
  name: "counter",
  initial: () => NO_COUNTER,
  on: { opened: next, incremented: next, decremented: next, undone: next, redone: next, removed: next },
  snapshots: { every: 500 },
});

/** The counters of a replica: as the hub has confirmed them, and with what is pending here on top. */
export async function openSharedCounters(store: EventStore, replica: Replica): Promise<Live<Counters>> {
  const confirmed = store.project(allCounters, { streamPrefix: PREFIX });
  /** The counters that were changed here. */
  const own = new Map<string, LivePending<Counter>>();
  const listeners = new Set<() => void>();
  let state: Counters = {};

  function show(): void {
    state = { ...confirmed.state };
    for (const [stream, { state: counter }] of own) state = { ...state, [stream]: counter };
    for (const listener of [...listeners]) listener();
  }

  async function find(): Promise<void> {
    const streams = new Set((await replica.pending()).flatMap((item) => item.streams));
    for (const stream of streams) {
      if (own.has(stream)) continue;
      const live = replica.stream<CounterEvent>(stream).project(oneCounter);
      await live.loaded;
      own.set(stream, live);
      live.subscribe(show);
      show();
    }
  }

  const look = createLatest(() => find().catch(() => undefined));
  await Promise.all([confirmed.caughtUp(), find()]);
  show();
  confirmed.subscribe(show);
  replica.subscribe(() => look(undefined));
  return {
    get state() {
      return state;
    },
    get position() {
      return confirmed.position;
    },
    get error() {
      return confirmed.error;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
