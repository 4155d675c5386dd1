import uPlot from "uplot";
import { formatAxisTime, formatShort } from "../ui/format.ts";
import type { Along } from "./columns.ts";

/** The space beside the plot, in pixels, so that the slider below is as long as the plot. */
const LEFT = 52;
const RIGHT = 40;

const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];

/** The distances between times on the axis, in seconds. */
const SECONDS = [
  ...[1, 2, 5, 10, 15, 30].flatMap((one) => [one, one * MINUTE]),
  ...[1, 2, 3, 6, 12].map((one) => one * HOUR),
  ...[1, 2, 7, 14, 30, 60, 180, 365].map((one) => one * DAY),
].sort((a, b) => a - b);

/** The options of the plot, in the colours of the page. */
export function chartOptions(element: HTMLElement, along: Along, height: number, end: () => number): uPlot.Options {
  const colour = (name: string): string => resolveColour(element, name);
  const axis = {
    stroke: colour("--quiet"),
    font: `12px ${getComputedStyle(element).fontFamily}`,
    ticks: { show: false },
  };
  const number = (_: uPlot, values: number[]): string[] =>
    values.map((value) => (Number.isInteger(value) ? formatShort(value) : ""));
  const times = (_: uPlot, seconds: number[]): string[] =>
    seconds.map((second, index) => formatAxisTime(second * 1000, (seconds[index - 1] ?? NaN) * 1000, Date.now()));
  // Counters have whole numbers only.
  const incrs = [1, 2, 5]
    .flatMap((one) => Array.from({ length: 17 }, (_, power) => one * 10 ** power))
    .sort((a, b) => a - b);
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  return {
    width: element.clientWidth,
    height,
    padding: [12, RIGHT, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false }, points: { size: 8 } },
    scales: {
      x: along === "time" ? { time: true } : { time: false, range: () => [0, Math.max(1, end())] },
      y: { range: whole },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        ...(along === "position"
          ? { size: 32, values: number, incrs }
          : { size: 48, values: times, incrs: SECONDS, space: 80 }),
      },
      { ...axis, grid: { stroke: colour("--line"), width: 1 }, values: number, incrs, size: LEFT },
    ],
    bands: [{ series: [3, 2], fill: colour("--accent-veil") }],
    series: [
      {},
      { stroke: colour("--line-strong"), width: 1.5, ...(stepped && { paths: stepped }), points: { show: false } },
      { stroke: "transparent", width: 0, ...(stepped && { paths: stepped }), points: { show: false } },
      { stroke: "transparent", width: 0, ...(stepped && { paths: stepped }), points: { show: false } },
      { stroke: colour("--accent"), width: 2, ...(stepped && { paths: stepped }), points: { show: false } },
      // What is pending.
      { stroke: colour("--past"), width: 2, dash: [5, 4], ...(stepped && { paths: stepped }), points: { show: false } },
    ],
  };
}

/** Adds a little space above and below, and avoids fractions. */
function whole(_: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  const [from, to] = [low ?? 0, high ?? 0];
  const margin = Math.max(1, (to - from) * 0.08);
  return [Math.min(0, Math.floor(from - (from < 0 ? margin : 0))), Math.ceil(to + margin)];
}

/** Resolves a custom property, which a canvas cannot. */
function resolveColour(element: HTMLElement, name: string): string {
  const probe = element.appendChild(document.createElement("span"));
  probe.style.color = `var(${name})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
