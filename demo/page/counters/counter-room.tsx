import type { VNode } from "preact";
import type { Counters } from "../../counter/counter.ts";
import { Room } from "../ui/room.tsx";
import { useApp, useLive } from "../ui/use-app.ts";
import { AddCounter } from "./add-counter.tsx";
import { CounterCard } from "./counter-card.tsx";

const ABOUT = {
  local: "Each number is folded from its events, live, in every tab of this browser.",
  server: "The same counters, kept by a service in Node, and streamed to this page.",
};

/** The counters, now or in the past. */
export function CounterRoom(): VNode {
  const { service, travel, mode } = useApp();
  const { state } = useLive(service.counters).value;
  const past = travel.counters.value;
  const counters = openOnes(past ?? state);
  return (
    <Room title="Counters" about={ABOUT[mode]}>
      <div class="cards">
        {counters.map(([stream, counter]) => (
          <CounterCard key={stream} stream={stream} counter={counter} past={past !== undefined} />
        ))}
        {past !== undefined && counters.length === 0 && <p class="card past empty">There was no counter yet.</p>}
        <AddCounter first={past === undefined && counters.length === 0} past={past !== undefined} />
      </div>
    </Room>
  );
}

function openOnes(counters: Counters): [string, Counters[string]][] {
  return Object.entries(counters).filter(([, { open }]) => open);
}
