import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { SeriesPoint } from "../../counter/service.ts";
import { chartOptions } from "./chart-options.ts";
import { toColumns, type Along } from "./columns.ts";

interface ChartProps {
  readonly points: readonly SeriesPoint[];
  readonly along: Along;
  /** The position that is shown; later events are in its future. Undefined: now. */
  readonly until: number | undefined;
  /** The newest position of the store; later points are pending. */
  readonly head: number;
  /** The last position, where the slider ends too. */
  readonly end: number;
  /** A description of the plot in words. */
  readonly description: string;
}

const HEIGHT = 220;

/** The plot, updated when its data change. */
export function Chart({ points, along, until, head, end, description }: ChartProps): VNode {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const drawn = useRef<uPlot.AlignedData>([[], [], [], [], [], []]);
  const last = useRef(end);
  last.current = end;
  drawn.current = toColumns(points, along, until, head);

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const draw = (): void => {
      chart.current?.destroy();
      chart.current = new uPlot(
        chartOptions(element, along, HEIGHT, () => last.current),
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
  useEffect(() => chart.current?.setData(drawn.current), [points, along, until, head, end]);

  return <div ref={place} class="chart" role="img" aria-label={description} />;
}
