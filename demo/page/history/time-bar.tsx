import type { TargetedEvent, VNode } from "preact";
import { useRef } from "preact/hooks";
import { formatNumber, formatTime } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { Notice } from "../ui/notice.tsx";
import { useApp, useLive, usePendingEvents } from "../ui/use-app.ts";

/**
 * Travels through time: a slider over all positions, whose right end is now. It is between the counters and their
 * history, and stays in sight: at the bottom of the window while the counters are read, and in the past everywhere.
 */
export function TimeBar(): VNode {
  const { service, travel, notices } = useApp();
  const slider = useRef<HTMLInputElement>(null);
  const { position: head } = useLive(service.counters).value;
  const end = head + usePendingEvents();
  const isPast = travel.wanted.value !== undefined;
  const at = Math.min(travel.wanted.value ?? head, head);
  const go = (position: number): void => {
    if (position >= head) travel.backToNow();
    else travel.goTo(Math.max(0, position));
  };
  // The button is about to go: the focus moves to where the user came from.
  const back = (): void => {
    slider.current?.focus({ preventScroll: true });
    travel.backToNow();
  };
  return (
    <section class={isPast ? "time-bar past" : "time-bar"} aria-label="Time">
      <div class="slider">
        <button
          type="button"
          class="icon-button"
          aria-label="One event back"
          aria-disabled={at === 0}
          onClick={() => at > 0 && go(at - 1)}
        >
          <Icon name="back" />
        </button>
        <input
          ref={slider}
          type="range"
          aria-label="Travel through time"
          aria-valuetext={isPast ? `after event ${at} of ${head}` : "now"}
          min={0}
          max={end}
          value={isPast ? at : end}
          onInput={({ currentTarget }: TargetedEvent<HTMLInputElement>) => go(currentTarget.valueAsNumber)}
        />
        <button
          type="button"
          class="icon-button"
          aria-label="One event forward"
          aria-disabled={!isPast}
          onClick={() => isPast && go(at + 1)}
        >
          <Icon name="forward" />
        </button>
      </div>
      <div class="time-place">
        {!isPast && (
          <p class="quiet">
            <strong>Now</strong>, event {formatNumber(head)}. Drag to see how it was.
          </p>
        )}
        <p role="status">{isPast && <Past head={head} />}</p>
        <button type="button" class="small" hidden={!isPast} onClick={back}>
          Back to now
        </button>
      </div>
      <Notice of={notices("time")} />
    </section>
  );
}

function Past({ head }: { readonly head: number }): VNode | null {
  const past = useApp().travel.past.value;
  if (past === undefined) return null;
  const { position, time } = past;
  return (
    <>
      <strong>
        <span class="roomy">you are looking at </span>the past
      </strong>{" "}
      {time === undefined
        ? "before the first event"
        : `after event ${formatNumber(position)} of ${formatNumber(head)}, ${formatTime(time, Date.now())}`}
    </>
  );
}
