import type { VNode } from "preact";
import type { Counters } from "../../counter/counter.ts";
import { Room } from "../ui/room.tsx";
import { useApp, useLive } from "../ui/use-app.ts";
import { AddCounter } from "./add-counter.tsx";
import { CounterCard } from "./counter-card.tsx";

const LOCAL = "Each number is folded from its events, live, in every tab of this browser.";
const SHARED = "Each number is folded from the events of all devices, and from what is pending here.";

/** The counters, now or in the past. */
export function CounterRoom(): VNode {
  const { service, travel, sharing } = useApp();
  const { state } = useLive(service.counters).value;
  const past = travel.counters.value;
  const counters = openOnes(past ?? state);
  return (
    <Room title="Counters" about={sharing === undefined ? LOCAL : SHARED}>
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
