import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import type { LogFilter } from "../../counter/service.ts";
import { PendingList } from "../sharing/pending-list.tsx";
import { Room } from "../ui/room.tsx";
import { useApp, useLive, usePendingEvents } from "../ui/use-app.ts";
import { EventLog } from "./event-log.tsx";
import { LogFilters } from "./log-filters.tsx";
import { Plot } from "./plot.tsx";

/** The history of the counters: a plot, and the log. */
export function HistoryRoom(): VNode {
  const { service, shared } = useApp();
  const { position } = useLive(service.counters).value;
  const end = position + usePendingEvents();
  const filter = useSignal<LogFilter>({});
  return (
    <Room
      title="History"
      about="Nothing is overwritten, so every moment is still there. Drag the slider: the counters, the plot and the log go back."
    >
      <div class="panel">
        <Plot head={position} end={end} />
      </div>
      <LogFilters filter={filter.value} onChange={(next) => (filter.value = next)} />
      {shared !== undefined && <PendingList sharing={shared.sharing} />}
      <EventLog head={position} filter={filter.value} />
    </Room>
  );
}
