import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef } from "preact/hooks";
import { labelOf } from "../../counter/counter.ts";
import type { LogFilter } from "../../counter/service.ts";
import { createLatest } from "../../counter/latest.ts";
import { formatCount } from "../ui/format.ts";
import { Notice } from "../ui/notice.tsx";
import { useApp, useLive } from "../ui/use-app.ts";
import { useMedia } from "../ui/use-media.ts";
import { EventRow } from "./event-row.tsx";
import { createLogPages } from "./log-pages.ts";
import { useRowsInSight } from "./use-rows-in-sight.ts";

/** The log is as high as its rows, but at least this many, and at most what fits on a screen. */
const FEWEST = 5;

const COLUMNS = ["Position", "Counter", "Version", "Type", "Data", "Time"];

interface EventLogProps {
  readonly head: number;
  readonly filter: LogFilter;
}

/** The log, newest first. Only visible rows are read and drawn, however long the log is. */
export function EventLog({ head, filter: { stream, type } }: EventLogProps): VNode {
  const { service, travel, shared, notices } = useApp();
  const place = useRef<HTMLDivElement>(null);
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const pages = useMemo(
    () => createLogPages(service, { stream, type }, () => redraw(undefined)),
    [service, stream, type],
  );
  const { state: counters } = useLive(service.counters).value;
  const narrow = useMedia("(max-width: 46rem)");
  const counted = useLogSize({ stream, type, upTo: travel.past.value?.position }, head);

  // If the user has scrolled away from the top, the visible rows stay in place, and new ones are added above. Another
  // filter starts at its own top.
  const pinned = useMemo(() => signal<number | undefined>(undefined), [pages]);
  useLayoutEffect(() => place.current?.scrollTo({ top: 0 }), [pages]);
  const size = counted ?? 0;
  const wanted = Math.min(pinned.value ?? size, size);
  // While many are appended, the newest that were read are shown, and not rows that are still empty.
  const total = pinned.value === undefined ? pages.readable(wanted) : wanted;
  const scrolled = (): void => {
    const away = (place.current?.scrollTop ?? 0) > 0;
    if (!away) pinned.value = undefined;
    else pinned.value ??= total;
  };
  const rowHeight = narrow ? 60 : 36;
  const { first, last } = useRowsInSight(place, total, rowHeight);
  // One more row for the headings, and the frame.
  const height = `min(26rem, 60vh, ${(Math.max(total, FEWEST) + 1) * rowHeight + 2}px)`;
  const rows = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  useEffect(() => pages.want(wanted - 1 - last, wanted - 1 - first, wanted), [pages, wanted, first, last]);
  const toTop = (): void => place.current?.scrollTo({ top: 0 });

  return (
    <div class={travel.past.value === undefined ? "log" : "log past"}>
      <p class="log-count quiet">
        {counted === undefined ? "…" : formatCount(size, "event")}
        {size > wanted && (
          <button type="button" class="new-events" onClick={toTop}>
            {formatCount(size - wanted, "new event")}
          </button>
        )}
      </p>
      {counted === 0 && <p class="log-table empty">There are no such events.</p>}
      <div
        ref={place}
        role="table"
        class="log-table"
        style={{ height }}
        hidden={counted === 0}
        tabIndex={0}
        aria-label="Events, newest first"
        aria-rowcount={total + 1}
        onScroll={scrolled}
      >
        <div role="rowgroup" class="log-head">
          <div role="row" class="log-row" aria-rowindex={1}>
            {[...COLUMNS, shared === undefined ? "Tab" : "By"].map((title) => (
              <span key={title} role="columnheader">
                {title}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" class="log-body" style={{ height: `${total * rowHeight}px` }}>
          {rows.map((index) => (
            <EventRow
              key={total - index}
              event={pages.at(total - 1 - index)}
              label={(event) => counters[event.stream]?.label ?? labelOf(event.stream)}
              index={index}
              start={index * rowHeight}
            />
          ))}
        </div>
      </div>
      <Notice of={notices("log")} />
    </div>
  );
}

/** The number of events, queried again whenever it may have changed. Undefined: not known yet. */
function useLogSize(filter: LogFilter, head: number): number | undefined {
  const { service, notices } = useApp();
  const { stream, type, upTo } = filter;
  const all = stream === undefined && type === undefined;
  const counted = useMemo(() => signal<number | undefined>(undefined), [service, stream, type]);
  const count = useMemo(
    () =>
      createLatest(async (until: number | undefined) => {
        counted.value =
          (await notices("log").attempt(() => service.logSize({ stream, type, upTo: until }))) ?? counted.value;
      }),
    [service, notices, counted, stream, type],
  );
  useEffect(() => {
    if (!all) count(upTo);
  }, [all, upTo, head, count]);
  return all ? Math.min(upTo ?? head, head) : counted.value;
}
