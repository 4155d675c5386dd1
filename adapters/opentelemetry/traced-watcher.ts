import { ROOT_CONTEXT } from "@opentelemetry/api";
import type { EventWatcher, StoredEvent, WatchAllOptions } from "../../src/index.ts";
import { attributesOf, messageInstruments, processing, PROCESSING } from "./messages.ts";
import { isObject, now, type Telemetry } from "./telemetry.ts";
import { linksTo } from "./trace-parent.ts";

type Start = (options: WatchAllOptions) => EventWatcher;

/** What is told about the progress of a watch. */
interface Progress {
  /** Called whenever the next event is asked for: a watch that nobody iterates has not begun. */
  begin(): void;
  advance(event: StoredEvent): void;
  end(): void;
}

/**
 * Returns what starts watches that count the events that they deliver. Each one that comes after the history has a span from its
 * delivery until the next one is asked for. A span for the whole watch would last for days.
 */
export function watchesOf({
  tracer,
  meter,
}: Telemetry): (start: Start, options: WatchAllOptions, progress?: Progress) => EventWatcher {
  const { seconds, consumed } = messageInstruments(meter);

  function begin(event: StoredEvent): () => void {
    const span = tracer.startSpan("process watch", processing(attributesOf(event), linksTo([event])), ROOT_CONTEXT);
    const before = now();
    return () => {
      seconds.record(now() - before, PROCESSING);
      span.end();
    };
  }

  return (start, options, { begin: begun, advance, end } = { begin: idle, advance: idle, end: idle }) => {
    const { onCaughtUp } = Object(options) as WatchAllOptions;
    // The store refuses it, with its own message.
    if (!isObject(options) || (onCaughtUp !== undefined && typeof onCaughtUp !== "function")) return start(options);
    let isLive = false;
    let finish = idle;
    const watcher = start({
      ...options,
      onCaughtUp() {
        isLive = true;
        onCaughtUp?.();
      },
    });

    /** The event before is handled. */
    function handled(): void {
      finish();
      finish = idle;
    }

    function stop(): void {
      handled();
      end();
    }

    return Object.assign(Object.defineProperties({}, Object.getOwnPropertyDescriptors(watcher)) as EventWatcher, {
      [Symbol.asyncIterator](this: EventWatcher) {
        return this;
      },
      async next() {
        handled();
        begun();
        try {
          const result = await watcher.next();
          if (result.done === true) {
            stop();
            return result;
          }
          advance(result.value);
          consumed.add(1, PROCESSING);
          handled();
          if (isLive) finish = begin(result.value);
          return result;
        } catch (error) {
          stop();
          throw error;
        }
      },
      return() {
        stop();
        return watcher.return?.();
      },
      async [Symbol.asyncDispose]() {
        stop();
        await watcher[Symbol.asyncDispose]();
      },
    });
  };
}

function idle(): void {
  // Nothing has begun.
}
