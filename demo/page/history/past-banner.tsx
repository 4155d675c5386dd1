import type { VNode } from "preact";
import { formatNumber, formatTime } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { useApp } from "../ui/use-app.ts";

/** A banner that is visible while the page shows the past. */
export function PastBanner(): VNode | null {
  const { travel } = useApp();
  const past = travel.past.value;
  if (past === undefined) return null;
  const { position, time } = past;
  // The button is about to go: the focus moves to where the user came from.
  const back = (): void => {
    document.querySelector<HTMLElement>(".slider input")?.focus({ preventScroll: true });
    travel.backToNow();
  };
  return (
    <div class="past-banner" role="status">
      <Icon name="clock" />
      <p>
        <strong>
          <span class="roomy">you are looking at </span>the past
        </strong>{" "}
        {time === undefined ? (
          "before the first event"
        ) : (
          <>
            after event {formatNumber(position)}, {formatTime(time, Date.now())}
          </>
        )}
      </p>
      <button type="button" onClick={back}>
        Back to now
      </button>
    </div>
  );
}
