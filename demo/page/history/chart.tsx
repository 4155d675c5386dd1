import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { SeriesPoint } from "../../counter/service.ts";
import { chartOptions } from "./chart-options.ts";

export type Along = "position" | "time";

interface ChartProps {
  readonly points: readonly SeriesPoint[];
  readonly along: Along;
  /** The position that is shown; later events are in its future. Undefined: now. */
  readonly until: number | undefined;
  /** The newest position of the store, where the slider ends too. */
  readonly head: number;
  /** A description of the plot in words. */
  readonly description: string;
}

const HEIGHT = 220;

/** The plot, updated when its data change. */
export function Chart({ points, along, until, head, description }: ChartProps): VNode {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const drawn = useRef<uPlot.AlignedData>([[], [], [], [], []]);
  const end = useRef(head);
  end.current = head;
  drawn.current = toColumns(points, along, until);

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const draw = (): void => {
      chart.current?.destroy();
      chart.current = new uPlot(
        chartOptions(element, along, HEIGHT, () => end.current),
        drawn.current,
        element,
      );
    };
    const resizing = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    const system = matchMedia("(prefers-color-scheme: dark)");
    draw();
    resizing.observe(element);
    // The canvas contains the colours of the theme.
    document.addEventListener("theme", draw);
    system.addEventListener("change", draw);
    return () => {
      resizing.disconnect();
      document.removeEventListener("theme", draw);
      system.removeEventListener("change", draw);
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [along]);
  useEffect(() => chart.current?.setData(drawn.current), [points, along, until, head]);

  return <div ref={place} class="chart" role="img" aria-label={description} />;
}

/** The columns of the plot: x, the values up to `until`, their range, and the values after it. */
function toColumns(points: readonly SeriesPoint[], along: Along, until = Infinity): uPlot.AlignedData {
  const before = (pick: (point: SeriesPoint) => number): (number | null)[] =>
    points.map((point) => (point.position <= until ? pick(point) : null));
  const last = points.filter(({ position }) => position <= until).length - 1;
  return [
    points.map((point) => (along === "time" ? point.time / 1000 : point.position)),
    points.map(({ value }, index) => (index >= last && until !== Infinity ? value : null)),
    before(({ low }) => low),
    before(({ high }) => high),
    before(({ value }) => value),
  ];
}
