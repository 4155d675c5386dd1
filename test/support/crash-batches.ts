import type { StreamAppend } from "rivulet";

/** The append that an event is part of, so that the stored events show whether it is complete. */
export interface BatchData {
  readonly run: number;
  readonly batch: number;
  readonly index: number;
  /** The number of events in the append, over all its streams. */
  readonly size: number;
}

/** Returns the n-th append of a run, to one stream or several. It is always the same, so that it can be repeated. */
export function batchOf(run: number, batch: number): StreamAppend[] {
  const shape = SHAPES[batch % SHAPES.length] as readonly number[];
  const size = shape.reduce((sum, count) => sum + count, 0);
  let index = 0;
  return shape.map((count, place) => ({
    stream: `stream-${(batch + place * 3) % 7}`,
    events: Array.from({ length: count }, () => {
      const data: BatchData = { run, batch, index: index++, size };
      return { type: "written", id: `${run}/${batch}/${data.index}`, data };
    }),
  }));
}

/** The events for each stream of an append; large ones span several pages of the file. */
const SHAPES: readonly (readonly number[])[] = [[1], [5], [2, 1, 3], [1], [1, 1], [120], [40, 40]];
