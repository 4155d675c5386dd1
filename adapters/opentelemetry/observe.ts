import type { Meter, ObservableResult } from "@opentelemetry/api";
import type {
  BuildProgress,
  Consumer,
  Event,
  EventStore,
  EventStream,
  EventWatcher,
  LiveProjection,
  ReadModel,
  ReadModelOptions,
  WatchAllOptions,
  WatchOptions,
} from "../../src/index.ts";
import type { Replica } from "../../src/sync/index.ts";
import { isObject, type Telemetry } from "./telemetry.ts";
import { watchesOf } from "./traced-watcher.ts";

interface Observed {
  readonly consumers: Set<Consumer>;
  /** Watches of the store that were begun, with the position up to which each has come; undefined before the first event of one that began at the head. */
  readonly watchers: Map<object, () => number | undefined>;
  /** Watches of streams, with the version up to which each has come, in the same way. */
  readonly streamWatchers: Map<object, StreamProgress>;
  /** Live projections that run, with the names of their definitions. */
  readonly projections: Map<LiveProjection<unknown>, string>;
  /** How far read models have caught up or been rebuilt, by name. */
  readonly progress: Map<string, BuildProgress>;
}

type WatchStream = <E extends Event>(stream: EventStream<E>, options?: WatchOptions) => EventWatcher;

interface StreamProgress {
  readonly stream: Pick<EventStream, "name" | "version">;
  version(): number | undefined;
}

/** Where a watch begins, if that is known. */
const startOf = ({ after = 0 }: WatchOptions): number | undefined => (typeof after === "number" ? after : undefined);

/** Makes the gauges of a store. Returns the methods whose calls they have to know. `watchStream` is in place of a stream's `watch`. */
export function observeStore(
  store: EventStore,
  telemetry: Telemetry,
  tracedModel: (model: ReadModel) => ReadModel,
): Pick<EventStore, "watch" | "consume" | "project" | "readModel" | "close"> & { readonly watchStream: WatchStream } {
  const observed: Observed = {
    consumers: new Set(),
    watchers: new Map(),
    streamWatchers: new Map(),
    projections: new Map(),
    progress: new Map(),
  };
  const stop = makeGauges(store, observed, telemetry.meter);
  const watched = watchesOf(telemetry);

  const watch = ((options: WatchAllOptions = {}) => {
    if (!isObject(options)) return store.watch(options);
    let position = startOf(options);
    const advance = (to: number): void => {
      position = Math.max(position ?? 0, to);
    };
    const { onProgress } = options;
    if (onProgress !== undefined && typeof onProgress !== "function") return store.watch(options);
    const key = {};
    return watched(
      (given) =>
        store.watch({
          ...given,
          onProgress(to: number) {
            advance(to);
            onProgress?.(to);
          },
        }),
      options,
      {
        begin: () => observed.watchers.set(key, () => position),
        advance: (event) => advance(event.position),
        end: () => observed.watchers.delete(key),
      },
    );
  }) as EventStore["watch"];

  function watchStream<E extends Event>(stream: EventStream<E>, options: WatchOptions = {}): EventWatcher {
    let version = isObject(options) ? startOf(options) : undefined;
    const key = {};
    return watched((given) => stream.watch(given), options, {
      begin: () => observed.streamWatchers.set(key, { stream, version: () => version }),
      advance: (event) => (version = event.version),
      end: () => observed.streamWatchers.delete(key),
    });
  }

  return {
    watch,
    watchStream,
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
    project(projection, options) {
      const live = store.project(projection, options);
      observed.projections.set(live, projection.name);
      const forget = (): unknown => observed.projections.delete(live);
      live.ended.then(forget, forget);
      return live;
    },
    async readModel(definition, options = {}) {
      const { onProgress } = Object(options) as ReadModelOptions;
      const isRight = isObject(options) && (onProgress === undefined || typeof onProgress === "function");
      if (!isRight) return store.readModel(definition, options);
      const model = await store.readModel(definition, {
        ...options,
        onProgress(now) {
          observed.progress.set(definition.name, now);
          onProgress?.(now);
        },
      });
      return tracedModel(model);
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

function makeGauges(store: EventStore, observed: Observed, meter: Meter): () => void {
  const { consumers, watchers, streamWatchers, projections, progress } = observed;
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
        result.observe(Math.max(...[...watchers.values()].map((position) => Math.max(0, head - (position() ?? head)))));
      },
    ],
    [
      meter.createObservableGauge("rivulet.stream_watcher.lag", {
        unit,
        description: "Events of its stream that the slowest watch of a stream is behind.",
      }),
      async (result: ObservableResult) => {
        if (streamWatchers.size === 0) return;
        const heads = new Map<string, number>();
        let slowest = 0;
        for (const { stream, version } of streamWatchers.values()) {
          // One after another: a promise that fails before it is awaited would end the process.
          const head = heads.get(stream.name) ?? (await stream.version());
          heads.set(stream.name, head);
          slowest = Math.max(slowest, head - (version() ?? head));
        }
        result.observe(slowest);
      },
    ],
    [
      meter.createObservableGauge("rivulet.projection.lag", {
        unit,
        description: "Positions of the slowest live projection of each name.",
      }),
      async (result: ObservableResult) => {
        if (projections.size === 0) return;
        const head = await store.head();
        const slowest = new Map<string, number>();
        for (const [live, name] of projections) {
          slowest.set(name, Math.max(slowest.get(name) ?? 0, head - live.position));
        }
        for (const [name, lag] of slowest) result.observe(lag, { "rivulet.projection": name });
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
