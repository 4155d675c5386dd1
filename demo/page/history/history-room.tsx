import type { VNode } from "preact";
import { Room } from "../ui/room.tsx";
import { PendingList } from "../sharing/pending-list.tsx";
import { useApp, useLive, usePendingEvents } from "../ui/use-app.ts";
import { EventLog } from "./event-log.tsx";
import { LogFilters, useLogFilter } from "./log-filters.tsx";
import { Plot } from "./plot.tsx";
import { TimeSlider } from "./time-slider.tsx";

/** The history of the counters: a plot, a log, and a slider to travel through time. */
export function HistoryRoom(): VNode {
  const { service, shared } = useApp();
  const { position } = useLive(service.counters).value;
  const end = position + usePendingEvents();
  const [filter, setFilter] = useLogFilter();
  return (
    <Room
      title="History"
      about="Nothing is overwritten, so every moment is still there. Drag the slider: the counters, the plot and the log go back."
    >
      <div class="panel">
        <Plot head={position} end={end} />
        <TimeSlider head={position} end={end} />
      </div>
      <LogFilters filter={filter} onChange={setFilter} />
      {shared !== undefined && <PendingList sharing={shared.sharing} />}
      <EventLog head={position} filter={filter} />
    </Room>
  );
}
