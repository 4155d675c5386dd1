import type { VNode } from "preact";
import { useId } from "preact/hooks";
import { EVENT_TYPES } from "../../counter/events.ts";
import type { LogFilter } from "../../counter/service.ts";
import { useApp, useLive } from "../ui/use-app.ts";

interface LogFiltersProps {
  readonly filter: LogFilter;
  readonly onChange: (filter: LogFilter) => void;
}

/** The filters of the log. */
export function LogFilters({ filter, onChange }: LogFiltersProps): VNode {
  const { service } = useApp();
  const id = useId();
  const counters = Object.entries(useLive(service.counters).value.state);
  const pick = (value: string): string | undefined => (value === "" ? undefined : value);
  return (
    <div class="filters">
      <div class="filter">
        <label for={`${id}-counter`}>Counter</label>
        <select
          id={`${id}-counter`}
          value={filter.stream ?? ""}
          onChange={({ currentTarget }) => onChange({ ...filter, stream: pick(currentTarget.value) })}
        >
          <option value="">all</option>
          {counters.map(([stream, { label, open }]) => (
            <option key={stream} value={stream}>
              {open ? label : `${label} (removed)`}
            </option>
          ))}
        </select>
      </div>
      <div class="filter">
        <label for={`${id}-type`}>Type</label>
        <select
          id={`${id}-type`}
          value={filter.type ?? ""}
          onChange={({ currentTarget }) => onChange({ ...filter, type: pick(currentTarget.value) })}
        >
          <option value="">all</option>
          {EVENT_TYPES.map((type) => (
            <option key={type}>{type}</option>
          ))}
        </select>
      </div>
    </div>
  );
}
