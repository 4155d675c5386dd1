import type { Meter, ObservableResult } from "@opentelemetry/api";
import type {
  BuildProgress,
  Consumer,
  EventStore,
  EventWatcher,
  ReadModelOptions,
  WatchAllOptions,
} from "../../src/index.ts";
import type { Replica } from "../../src/sync/index.ts";
import { isObject } from "./telemetry.ts";

interface Observed {
  readonly consumers: Set<Consumer>;
  /** Watches of the whole store, with the position up to which each has come. */
  readonly watchers: Map<object, () => number>;
  /** How far read models have caught up or been rebuilt, by name. */
  readonly progress: Map<string, BuildProgress>;
}

/** Makes the gauges of a store. Returns the methods whose calls they have to know. */
export function observeStore(
  store: EventStore,
  meter: Meter,
): Pick<EventStore, "watch" | "consume" | "readModel" | "close"> {
  const observed: Observed = { consumers: new Set(), watchers: new Map(), progress: new Map() };
  const stop = makeGauges(store, observed, meter);

  const watch = ((options: WatchAllOptions = {}) => {
    if (!isObject(options)) return store.watch(options);
    let position = typeof options.after === "number" ? options.after : 0;
    const advance = (to: number): void => {
      position = Math.max(position, to);
    };
    const { onProgress } = options;
    if (onProgress !== undefined && typeof onProgress !== "function") return store.watch(options);
    const watcher = store.watch({
      ...options,
      onProgress(to: number) {
        advance(to);
        onProgress?.(to);
      },
    });
    return watched(watcher, observed.watchers, () => position, advance);
  }) as EventStore["watch"];

  return {
    watch,
    consume(definition, options) {
      const consumer = store.consume(definition, options);
      // Other parts of rivulet start things of their own in this way.
      if (typeof (consumer as Partial<Consumer>).lag === "function") {
        observed.consumers.add(consumer);
        const forget = (): unknown => observed.consumers.delete(consumer);
        consumer.ended.then(forget, forget);
      }
      return consumer;
    },
    async readModel(definition, options = {}) {
      const { onProgress } = Object(options) as ReadModelOptions;
      const isRight = isObject(options) && (onProgress === undefined || typeof onProgress === "function");
      if (!isRight) return store.readModel(definition, options);
      return store.readModel(definition, {
        ...options,
        onProgress(now) {
          observed.progress.set(definition.name, now);
          onProgress?.(now);
        },
      });
    },
    async close() {
      stop();
      await store.close();
    },
  };
}

/** Makes the gauge of a replica. Returns the method that ends it. */
export function observeReplica(replica: Replica, meter: Meter): Pick<Replica, "close"> {
  const gauge = meter.createObservableGauge("rivulet.replica.pending", {
    unit: "{entry}",
    description: "Commands and appends that the hub has not confirmed.",
  });
  const callback = (result: ObservableResult): void => result.observe(replica.status.pending);
  gauge.addCallback(callback);
  return {
    async close() {
      gauge.removeCallback(callback);
      await replica.close();
    },
  };
}

/** A watcher that is known as long as it runs. */
function watched(
  watcher: EventWatcher,
  watchers: Observed["watchers"],
  position: () => number,
  advance: (to: number) => void,
): EventWatcher {
  watchers.set(watcher, position);
  const forget = (): unknown => watchers.delete(watcher);
  return Object.assign(Object.defineProperties({}, Object.getOwnPropertyDescriptors(watcher)) as EventWatcher, {
    [Symbol.asyncIterator](this: EventWatcher) {
      return this;
    },
    async next() {
      try {
        const result = await watcher.next();
        if (result.done === true) forget();
        else advance(result.value.position);
        return result;
      } catch (error) {
        forget();
        throw error;
      }
    },
    return() {
      forget();
      return watcher.return?.();
    },
    async [Symbol.asyncDispose]() {
      forget();
      await watcher[Symbol.asyncDispose]();
    },
  });
}

function makeGauges(store: EventStore, { consumers, watchers, progress }: Observed, meter: Meter): () => void {
  const unit = "{event}";
  const gauges = [
    [
      meter.createObservableGauge("rivulet.consumer.lag", { unit, description: "Positions before the head." }),
      async (result: ObservableResult) => {
        for (const consumer of consumers) {
          result.observe(await consumer.lag(), { "messaging.consumer.group.name": consumer.name });
        }
      },
    ],
    [
      meter.createObservableGauge("rivulet.watcher.lag", { unit, description: "Positions of the slowest watcher." }),
      async (result: ObservableResult) => {
        if (watchers.size === 0) return;
        const head = await store.head();
        result.observe(Math.max(...[...watchers.values()].map((position) => Math.max(0, head - position()))));
      },
    ],
    [
      meter.createObservableGauge("rivulet.read_model.behind", { unit, description: "Positions to be built." }),
      (result: ObservableResult) => {
        for (const [name, { done, total, phase }] of progress) {
          result.observe(total - done, { "rivulet.read_model": name, "rivulet.phase": phase });
        }
      },
    ],
  ] as const;
  for (const [gauge, callback] of gauges) gauge.addCallback(callback);
  return () => {
    for (const [gauge, callback] of gauges) gauge.removeCallback(callback);
  };
}
