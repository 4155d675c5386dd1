import type { AlignedData } from "uplot";
import type { SeriesPoint } from "../../counter/service.ts";

export type Along = "position" | "time";

/** The columns of the plot: x, the values after `until`, the range and the values up to it, and what is pending. */
export function toColumns(
  series: readonly SeriesPoint[],
  along: Along,
  until = Infinity,
  head = Infinity,
): AlignedData {
  const shown = Math.min(until, head);
  const corners = toCorners(series);
  // The time of other counters' events is not known here.
  const points = along === "time" ? corners : hold(hold(corners, head), shown);
  const before = (pick: (point: SeriesPoint) => number): (number | null)[] =>
    points.map((point) => (point.position <= shown ? pick(point) : null));
  const last = points.filter(({ position }) => position <= shown).length - 1;
  const after = (drawn: boolean): (number | null)[] =>
    points.map(({ value }, index) => (drawn && index >= last ? value : null));
  return [
    points.map((point) => (along === "time" ? point.time / 1000 : point.position)),
    after(until !== Infinity),
    before(({ low }) => low),
    before(({ high }) => high),
    before(({ value }) => value),
    after(until === Infinity && last < points.length - 1),
  ];
}

/** Continues a value up to a position, where other counters have changed. */
function hold(points: readonly SeriesPoint[], position: number): readonly SeriesPoint[] {
  const next = points.findIndex((point) => point.position >= position);
  const index = next < 0 ? points.length : next;
  const before = points[index - 1];
  if (before === undefined || position === Infinity || points[index]?.position === position) return points;
  const { value, time } = before;
  const held = { position, from: position, time, fromTime: time, value, low: value, high: value };
  return [...points.slice(0, index), held, ...points.slice(index)];
}

/**
 * Draws the range of a point that stands for several events over these events alone: it begins at the first one, and
 * ends at the last one. Until the next point the counter keeps its value.
 */
function toCorners(series: readonly SeriesPoint[]): readonly SeriesPoint[] {
  return series.flatMap((point, index) => {
    const { position, from, fromTime, value } = point;
    const end = { ...point, low: value, high: value };
    if (from === position) return [end];
    return [{ ...point, position: from, time: fromTime, value: series[index - 1]?.value ?? value }, end];
  });
}
