import type { StreamAppend } from "rivulet";

/** How many events a batch has. */
export const LONG_LOG_BATCH = 300;

/** Returns the n-th batch of a run, whose events lie in many streams, so that they change many pages of the file. */
export function longLogBatch(run: number, batch: number): StreamAppend[] {
  return Array.from({ length: LONG_LOG_BATCH }, (_, index) => ({
    stream: `stream-${(batch * LONG_LOG_BATCH + index * 7_919) % 50_021}`,
    events: { type: "written", data: { run, batch, text: "x".repeat(600) } },
  }));
}
