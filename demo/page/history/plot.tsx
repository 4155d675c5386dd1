import { useComputed, useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { SeriesPoint } from "../../counter/service.ts";
import { createLatest } from "../../counter/latest.ts";
import { Choice } from "../ui/choice.tsx";
import { useCounterPick } from "../ui/counter-pick.tsx";
import { formatNumber } from "../ui/format.ts";
import { Notice } from "../ui/notice.tsx";
import { useApp } from "../ui/use-app.ts";
import { Chart } from "./chart.tsx";
import type { Along } from "./columns.ts";

const ALONG: readonly (readonly [Along, string])[] = [
  ["position", "by event"],
  ["time", "by time"],
];

interface PlotProps {
  readonly head: number;
  /** The right end: the newest position, or what is pending after it. */
  readonly end: number;
}

/** One counter over its events, up to the position that is shown; later events are a shadow. */
export function Plot({ head, end }: PlotProps): VNode {
  const { service, travel, notices } = useApp();
  const { stream, label, pick } = useCounterPick({ label: "Counter in the plot", removed: true });
  const points = useSignal<{ readonly stream: string; readonly points: readonly SeriesPoint[] } | undefined>(undefined);
  const along = useSignal<Along>("position");
  const until = useComputed(() => travel.past.value?.position);
  const read = useMemo(
    () =>
      createLatest(async (wanted: string) => {
        const found = await notices("plot").attempt(() => service.series(wanted));
        if (found !== undefined) points.value = { stream: wanted, points: found };
      }),
    [service, notices, points],
  );
  useEffect(() => {
    if (stream !== undefined) read(stream);
  }, [stream, head, end, read]);

  if (stream === undefined) return <p class="empty">Add a counter to see its history here.</p>;
  const shown = points.value?.stream === stream ? points.value.points : [];
  return (
    <figure class="plot">
      <figcaption>
        {pick}
        <span class="spread" />
        <Choice label="Axis" value={along.value} options={ALONG} onChoose={(one) => (along.value = one)} />
      </figcaption>
      {shown.length === 1 && <p class="plot-hint quiet">Press plus or minus to see the counter's history here.</p>}
      <Chart
        points={shown}
        along={along.value}
        until={until.value}
        head={head}
        end={end}
        description={describe(label, shown)}
      />
      <Notice of={notices("plot")} />
    </figure>
  );
}

function describe(label: string, points: readonly SeriesPoint[]): string {
  const last = points.at(-1);
  if (last === undefined) return `${label}: nothing to plot yet`;
  const low = Math.min(...points.map((point) => point.low));
  const high = Math.max(...points.map((point) => point.high));
  return `${label} over its events: between ${formatNumber(low)} and ${formatNumber(high)}, ending at ${formatNumber(last.value)}`;
}
