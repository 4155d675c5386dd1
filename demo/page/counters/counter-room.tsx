import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Notice } from "../ui/notice.tsx";
import { Room } from "../ui/room.tsx";
import { useApp, useLive } from "../ui/use-app.ts";
import { AddCounter } from "./add-counter.tsx";
import { CounterCard } from "./counter-card.tsx";
import { EventWay } from "./event-way.tsx";
import { RemovedCard } from "./removed-card.tsx";

const LOCAL = "Each number is folded from its events, live, in every tab of this browser.";
const SHARED = "Each number is folded from the events of all devices, and from what is pending here.";

/** How often it is checked whether the place of a removed counter can be given up, in milliseconds. */
const PAUSE = 1_000;

/** The counters, now or in the past. */
export function CounterRoom(): VNode {
  const { service, travel, shared, notices, actions, ...app } = useApp();
  const { state } = useLive(service.counters).value;
  const past = travel.counters.value;
  const removed = actions.removed.value;
  const frozen = app.frozen.value;
  // The cards stay where they are after a removal: what is under the pointer does not change.
  const shown = Object.entries(past ?? state).filter(
    ([stream, { open }]) => open || (past === undefined && removed.has(stream)),
  );
  const cards = useRef<HTMLDivElement>(null);
  const heights = useRef(new Map<string, number>());
  useEffect(() => {
    if (removed.size === 0) return undefined;
    const timer = setInterval(() => {
      const { current } = cards;
      const inUse = current?.matches(":hover") === true || current?.querySelector(".gone :focus") != null;
      if (!inUse) actions.sweep();
    }, PAUSE);
    return () => clearInterval(timer);
  }, [actions, removed]);
  return (
    <Room title="Counters" about={shared === undefined ? LOCAL : SHARED}>
      <div ref={cards} class="cards">
        {shown.map(([stream, counter]) =>
          counter.open ? (
            <CounterCard
              key={stream}
              stream={stream}
              counter={counter}
              past={past !== undefined}
              frozen={frozen}
              heights={heights.current}
            />
          ) : (
            <RemovedCard key={stream} stream={stream} counter={counter} height={heights.current.get(stream)} />
          ),
        )}
        {past !== undefined && shown.length === 0 && <p class="card past empty">There was no counter yet.</p>}
        <AddCounter first={past === undefined && !shown.some(([, { open }]) => open)} past={frozen} />
      </div>
      {/* It is about the counters as they are now. */}
      {past === undefined && <Notice of={notices("counters")} />}
      <EventWay />
    </Room>
  );
}
