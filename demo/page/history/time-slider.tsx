import type { TargetedEvent, VNode } from "preact";
import { formatNumber } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { useApp } from "../ui/use-app.ts";

interface TimeSliderProps {
  readonly head: number;
  /** The right end: the newest position, or what is pending after it. */
  readonly end: number;
}

/** A slider for the position in the history that is shown; its right end is now. */
export function TimeSlider({ head, end }: TimeSliderProps): VNode {
  const { travel } = useApp();
  const at = Math.min(travel.wanted.value ?? head, head);
  const go = (position: number): void => {
    if (position >= head) travel.backToNow();
    else travel.goTo(Math.max(0, position));
  };
  const slide = ({ currentTarget }: TargetedEvent<HTMLInputElement>): void => go(currentTarget.valueAsNumber);
  const isPast = travel.wanted.value !== undefined;
  return (
    <div class={isPast ? "slider past" : "slider"}>
      <button
        type="button"
        class="icon-button"
        aria-label="One event back"
        disabled={at === 0}
        onClick={() => go(at - 1)}
      >
        <Icon name="back" />
      </button>
      <input
        type="range"
        aria-label="Travel through time"
        aria-valuetext={isPast ? `after event ${at} of ${head}` : "now"}
        min={0}
        max={end}
        value={travel.wanted.value === undefined ? end : at}
        onInput={slide}
      />
      <button
        type="button"
        class="icon-button"
        aria-label="One event forward"
        disabled={!isPast}
        onClick={() => go(at + 1)}
      >
        <Icon name="forward" />
      </button>
      <span class="figures slider-place">{isPast ? `${formatNumber(at)} of ${formatNumber(head)}` : "now"}</span>
    </div>
  );
}
