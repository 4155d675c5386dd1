import type { StreamAppend } from "rivulet";

/** Of which append an event is part: enough to tell from what is stored whether all of it is there. */
export interface BatchData {
  readonly run: number;
  readonly batch: number;
  readonly index: number;
  /** How many events the append has, over all its streams. */
  readonly size: number;
}

/** The append that a run makes as its n-th, always the same, so that it can be sent again: one stream, or several. */
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

/** Events for each stream of an append; large ones span several pages of the file. */
const SHAPES: readonly (readonly number[])[] = [[1], [5], [2, 1, 3], [1], [1, 1], [120], [40, 40]];
