import type { VNode } from "preact";
import type { StoredEvent } from "rivulet";
import { EVENT_TYPES } from "../../counter/events.ts";
import { toName } from "../../counter/names.ts";
import { readEvent } from "../../counter/read-event.ts";
import { formatNumber, formatTime } from "../ui/format.ts";
import { TabMark } from "../ui/tab-mark.tsx";

/** The most characters of data in a row, which shows fewer. */
const MOST = 200;

interface EventRowProps {
  /** The event; undefined: not read yet. */
  readonly event: StoredEvent | undefined;
  /** Returns the label of the event's counter. */
  readonly label: (event: StoredEvent) => string;
  /** The index of the row, from the top. */
  readonly index: number;
  /** The offset of the row, in pixels. */
  readonly start: number;
  /** Whether the event is shown in full. */
  readonly open: boolean;
  /** Whether Tab leads to this row; the arrow keys lead to the others. */
  readonly reached: boolean;
  readonly onOpen: (event: StoredEvent) => void;
}

/** One event, with what fits in a line; pressing it shows it in full. */
export function EventRow({ event, label, index, start, open, reached, onOpen }: EventRowProps): VNode {
  const style = { transform: `translateY(${start}px)` };
  if (event === undefined) {
    return (
      <div class="log-row unread" role="row" aria-rowindex={index + 2} style={style}>
        <span role="cell">…</span>
      </div>
    );
  }
  const { position, stream, version, type, data, timestamp, metadata } = event;
  const sender = metadata["device"] ?? metadata["tab"];
  const by = typeof sender === "string" ? toName(sender) : undefined;
  const text = data === undefined ? "" : JSON.stringify(data).slice(0, MOST);
  const { event: read, fault } = readEvent(event);
  return (
    <div class={open ? "log-row open" : "log-row"} role="row" aria-rowindex={index + 2} style={style}>
      <span class="where" role="presentation">
        <span role="cell" class="figures position">
          <button
            type="button"
            class="opener"
            aria-label={`Event ${formatNumber(position)} in full`}
            aria-expanded={open}
            tabIndex={reached ? 0 : -1}
            onClick={() => onOpen(event)}
          >
            {formatNumber(position)}
          </button>
        </span>
        <span role="cell" class="stream" title={`${label(event)} (${stream})`}>
          {label(event)}
        </span>
        <span role="cell" class="figures version">
          v{formatNumber(version)}
        </span>
      </span>
      <span class="what" role="presentation">
        <span role="cell" class={`type ${EVENT_TYPES.find((known) => known === type) ?? "other"}`}>
          {type}
        </span>
        <span role="cell" class="data mono" title={[fault, text].filter(Boolean).join("\n")}>
          {fault !== undefined && <span class="fault">{read === undefined ? "not read" : "read in part"}</span>}
          {text}
        </span>
      </span>
      <span class="who" role="presentation">
        <span role="cell" class="figures time">
          {formatTime(timestamp, Date.now())}
        </span>
        <span role="cell" class="by">
          {by !== undefined && <TabMark name={by} />}
        </span>
      </span>
    </div>
  );
}
