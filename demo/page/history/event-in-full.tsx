import type { ComponentChildren, VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { StoredEvent } from "rivulet";
import { labelOf, type Counters } from "../../counter/counter.ts";
import { readEvent } from "../../counter/read-event.ts";
import { formatExactTime, formatNumber } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";

interface EventInFullProps {
  readonly event: StoredEvent;
  readonly counters: Counters;
  readonly onClose: () => void;
}

/** Everything that is stored of an event, however long its names and data are. */
export function EventInFull({ event, counters, onClose }: EventInFullProps): VNode {
  const { position, stream, version, type, data, metadata, id, timestamp } = event;
  const { event: read, fault } = readEvent(event);
  const place = useRef<HTMLElement>(null);
  useLayoutEffect(() => place.current?.scrollIntoView({ block: "nearest" }), [id]);
  return (
    <section ref={place} class="panel event-in-full" aria-label={`Event ${formatNumber(position)}`}>
      <div class="event-head">
        <h3>Event {formatNumber(position)}</h3>
        <button type="button" class="icon-button" aria-label="Close this event" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <dl>
        <Part name="Counter">{labelOf(stream, counters)}</Part>
        <Part name="Stream">
          <code>{stream}</code>, version {formatNumber(version)}
        </Part>
        <Part name="Type">{type}</Part>
        <Part name="Data">{data === undefined ? "none" : <code>{JSON.stringify(data)}</code>}</Part>
        <Part name="Metadata">
          <code>{JSON.stringify(metadata)}</code>
        </Part>
        <Part name="Id">
          <code>{id}</code>
        </Part>
        <Part name="Time">
          <code>{formatExactTime(timestamp)}</code>
        </Part>
        {fault !== undefined && <Part name={read === undefined ? "Not read" : "Read in part"}>{fault}</Part>}
      </dl>
    </section>
  );
}

function Part({ name, children }: { readonly name: string; readonly children: ComponentChildren }): VNode {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
