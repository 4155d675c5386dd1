import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef } from "preact/hooks";
import { labelOf } from "../../counter/counter.ts";
import type { StoredEvent } from "rivulet";
import type { LogFilter } from "../../counter/service.ts";
import { createLatest } from "../../counter/latest.ts";
import { formatCount } from "../ui/format.ts";
import { Notice } from "../ui/notice.tsx";
import { useApp, useLive } from "../ui/use-app.ts";
import { useMedia } from "../ui/use-media.ts";
import { EventInFull } from "./event-in-full.tsx";
import { EventRow } from "./event-row.tsx";
import { createLogPages } from "./log-pages.ts";
import { BEYOND, useRowsInSight } from "./use-rows-in-sight.ts";

/** The log is as high as its rows, but at least this many, and at most what fits on a screen. */
const FEWEST = 5;
const FEWEST_NARROW = 2;

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
  const narrow = useMedia("(max-width: 60rem)");
  const phone = useMedia("(max-width: 32rem)");
  const opened = useMemo(() => signal<StoredEvent | undefined>(undefined), [service]);
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
  const rowHeight = phone ? 80 : narrow ? 60 : 36;
  const { first, last } = useRowsInSight(place, total, rowHeight);
  // One more row for the headings, if they are shown, and the frame.
  const height = `min(26rem, 60vh, ${(narrow ? Math.max(total, FEWEST_NARROW) : Math.max(total, FEWEST) + 1) * rowHeight + 2}px)`;
  const rows = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  useEffect(() => pages.want(wanted - 1 - last, wanted - 1 - first, wanted), [pages, wanted, first, last]);
  const toTop = (): void => place.current?.scrollTo({ top: 0 });
  const open = opened.value;
  const closeEvent = (): void => {
    place.current?.querySelector<HTMLElement>(".log-row.open .opener")?.focus({ preventScroll: true });
    opened.value = undefined;
  };
  // The first row in sight, unless the open one is drawn.
  const reached =
    rows.find((index) => pages.at(total - 1 - index)?.id === open?.id) ?? (first === 0 ? 0 : first + BEYOND);

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
        onKeyDown={moveByArrows}
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
              label={(event) => labelOf(event.stream, counters)}
              index={index}
              start={index * rowHeight}
              open={open !== undefined && pages.at(total - 1 - index)?.id === open.id}
              reached={index === reached}
              onOpen={(event) => (opened.value = open?.id === event.id ? undefined : event)}
            />
          ))}
        </div>
      </div>
      {open !== undefined && <EventInFull event={open} counters={counters} onClose={closeEvent} />}
      <Notice of={notices("log")} />
    </div>
  );
}

/** Moves the focus from row to row; the browser scrolls to it. */
function moveByArrows(event: KeyboardEvent): void {
  const { key, target } = event;
  if ((key !== "ArrowDown" && key !== "ArrowUp") || !(target instanceof HTMLButtonElement)) return;
  const row = target.closest(".log-row");
  const next = key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
  const button = next?.querySelector<HTMLElement>(".opener");
  if (button == null) return;
  event.preventDefault();
  button.focus();
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
