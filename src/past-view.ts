import { invalidArgument } from "./errors.ts";
import type { Event } from "./event.ts";
import type { EventStore } from "./event-store.ts";
import { createEventStream, type EventStream, type StreamSource } from "./event-stream.ts";
import { checkInteger } from "./names.ts";
import { toTimestamp } from "./read.ts";
import { createReaders, type Readers } from "./readers.ts";

/** One stream as it was. */
export interface PastStream<E extends Event = Event> extends Pick<
  EventStream<E>,
  "name" | "read" | "load" | "version"
> {}

/** The store as it was at a position: what came later is not there. It cannot be written to. */
export interface PastView extends Readers {
  /** Where it ends. Rejects with `invalid-argument` where the store has not come so far yet, as every other call does. */
  position(): Promise<number>;
  /** One stream as it was. Throws `invalid-argument`. */
  stream<E extends Event = Event>(name: string): PastStream<E>;
  /**
   * Copies it into a store in memory, with its positions, ids and times, where what did not happen can be appended. It
   * is a store of its own: close it.
   */
  fork(): Promise<EventStore>;
}

/** Ends at a position, or with what was recorded up to a time. Throws `invalid-argument`. */
export function createPastView(
  present: StreamSource,
  place: number | Date,
  fork: (source: StreamSource) => Promise<EventStore>,
): PastView {
  const { storage } = present;
  const time = typeof place === "number" ? undefined : toTimestamp(place, "position");
  if (time === undefined) checkInteger(place, "position", 0);
  let found: Promise<number> | undefined;

  const find = async (): Promise<number> => {
    if (time !== undefined) return storage.positionAt(time);
    const head = await storage.head();
    if ((place as number) > head) throw invalidArgument("position", `the store is at position ${head} only`);
    return place as number;
  };
  const source = { ...present, end: () => (found ??= find()) };

  return {
    position: source.end,
    stream(name) {
      const { read: readPast, load } = createEventStream(source, name);
      return {
        name,
        read: readPast,
        load,
        version: async () => (await readPast({ direction: "backward", limit: 1 }).toArray())[0]?.version ?? 0,
      };
    },
    ...createReaders(source),
    fork: async () => fork(source),
  };
}
