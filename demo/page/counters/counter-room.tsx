import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import type { Counters } from "../../counter/counter.ts";
import { Room } from "../ui/room.tsx";
import { useApp, useLive } from "../ui/use-app.ts";
import { AddCounter } from "./add-counter.tsx";
import { CounterCard } from "./counter-card.tsx";

const LOCAL = "Each number is folded from its events, live, in every tab of this browser.";
const SHARED = "Each number is folded from the events of all devices, and from what is pending here.";

/** The shortest time between two removals, in milliseconds. */
const PAUSE = 700;

/** The counters, now or in the past. */
export function CounterRoom(): VNode {
  const { service, travel, shared, notices, tab } = useApp();
  const { state } = useLive(service.counters).value;
  const past = travel.counters.value;
  const counters = openOnes(past ?? state);
  const cards = useRef<HTMLDivElement>(null);
  const removed = useRef(-Infinity);
  // The cards move up, so that the next one's button may be under the pointer of a double click. The focus stays here.
  const remove = (stream: string, index: number): void => {
    if (performance.now() - removed.current < PAUSE) return;
    removed.current = Infinity;
    void notices.act(async () => {
      await service.run({ type: "remove", stream }, tab).finally(() => (removed.current = performance.now()));
      const next = cards.current?.querySelectorAll<HTMLElement>("article, form input")[index];
      if (document.activeElement === document.body) next?.focus();
    });
  };
  return (
    <Room title="Counters" about={shared === undefined ? LOCAL : SHARED}>
      <div ref={cards} class="cards">
        {counters.map(([stream, counter], index) => (
          <CounterCard
            key={stream}
            stream={stream}
            counter={counter}
            past={past !== undefined}
            onRemove={() => remove(stream, index)}
          />
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
