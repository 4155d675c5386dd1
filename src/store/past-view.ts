import type { Event } from "../event.ts";
import { createEventStream, type EventStream, type StreamSource } from "./event-stream.ts";
import { checkInteger } from "../validate.ts";
import { toTimestamp } from "../read/read.ts";
import { createReaders, type Readers } from "./read-verbs.ts";

/** One stream as it was. */
export interface PastStream<E extends Event = Event> extends Pick<
  EventStream<E>,
  "name" | "read" | "load" | "version"
> {}

/** The store as it was at a position: what came later is not there. It cannot be written to. */
export interface PastView<Known extends Event = Event> extends Readers<Known> {
  /** Where it ends, found at the first call: at the head where the store had not come so far. */
  position(): Promise<number>;
  /** One stream as it was. Throws `invalid-argument`. */
  stream<E extends Event = Known>(name: string): PastStream<E>;
}

/** Ends at a position, or with what was recorded up to a time. Throws `invalid-argument` and `store-closed`. */
export function createPastView(present: StreamSource, place: number | Date): PastView {
  present.ensureOpen();
  const { storage } = present;
  const time = typeof place === "number" ? undefined : toTimestamp(place, "place");
  if (time === undefined) checkInteger(place, "place", 0);
  let found: Promise<number> | undefined;

  const find = async (): Promise<number> =>
    time === undefined ? Math.min(place as number, await storage.head()) : storage.positionAt(time);
  const source = { ...present, end: () => (found ??= find()) };

  return {
    position: source.end,
    stream(name) {
      const { read, load } = createEventStream(source, name);
      return {
        name,
        read,
        load,
        version: async () => (await read({ direction: "backward", limit: 1 }).toArray())[0]?.version ?? 0,
      };
    },
    ...createReaders(source),
  };
}
