import { expect, test } from "vitest";
import type { SeriesPoint } from "../../demo/counter/service.ts";
import { toColumns } from "../../demo/page/history/columns.ts";
import { markOf, NAMES } from "../../demo/page/session/mark.ts";
import { formatAxisTime, formatTime } from "../../demo/page/ui/format.ts";

test("every name of a tab has a mark of its own, and every mark is one of those", () => {
  const marks = NAMES.map((name) => JSON.stringify(markOf(name)));
  expect(new Set(marks).size).toBe(NAMES.length);
  for (const name of ["Calm Danube", "Terminal", ""]) expect(marks).toContain(JSON.stringify(markOf(name)));
});

test("the axis has the times of the log, with the day below where another one begins", () => {
  const now = new Date(2026, 10, 30, 14, 3, 25).getTime();
  const yesterday = now - 86_400_000;
  expect(formatAxisTime(now, NaN, now)).toBe(formatTime(now, now));
  const [time, day] = formatAxisTime(yesterday, NaN, now).split("\n");
  expect(`${day}, ${time}`).toBe(formatTime(yesterday, now));
  expect(formatAxisTime(yesterday + 1_000, yesterday, now)).toBe("14:03:26");
  expect(formatAxisTime(now, yesterday, now)).toBe("14:03:25\n30 Nov");
});

test("a stretch in which a counter did not change has no range in the plot", () => {
  const points = [
    { from: 1, position: 4, fromTime: 1_000, time: 4_000, value: 3, low: 0, high: 5 },
    { from: 101, position: 104, fromTime: 101_000, time: 104_000, value: -2, low: -4, high: 3 },
    { from: 110, position: 110, fromTime: 110_000, time: 110_000, value: 7, low: 7, high: 7 },
  ];
  const [x, , low, high, line] = toColumns(points, "position");
  expect(x).toEqual([1, 4, 101, 104, 110]);
  // Each value holds until the next one.
  expect(low).toEqual([0, 3, -4, -2, 7]);
  expect(high).toEqual([5, 3, 3, -2, 7]);
  expect(line).toEqual([3, 3, 3, -2, 7]);
  expect(toColumns(points, "time")[0]).toEqual([1, 4, 101, 104, 110]);
});

test("between its events a counter keeps its value in the plot, up to now, and in the past up to what is shown", () => {
  const at = (position: number, value: number): SeriesPoint => {
    return { from: position, position, fromTime: position, time: position, value, low: value, high: value };
  };
  const points = [at(2, 1), at(6, 4)];
  const [x, , , , line] = toColumns(points, "position", undefined, 9);
  expect([x, line]).toEqual([
    [2, 6, 9],
    [1, 4, 4],
  ]);
  const [then, later, , , until] = toColumns(points, "position", 4, 9);
  expect([then, until, later]).toEqual([
    [2, 4, 6, 9],
    [1, 1, null, null],
    [null, 1, 4, 4],
  ]);
  // Before the counter's first event there is nothing to keep.
  expect(toColumns(points, "position", 1, 9)[4]).toEqual([null, null, null]);
});
