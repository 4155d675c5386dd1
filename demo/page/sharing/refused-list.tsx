import type { VNode } from "preact";
import type { Sharing, Unconfirmed } from "../../counter/sharing.ts";
import { formatTime } from "../ui/format.ts";
import { useApp, useLive } from "../ui/use-app.ts";
import { describe } from "./describe.ts";

interface RefusedListProps {
  readonly refused: readonly Unconfirmed[];
  readonly sharing: Sharing;
}

/** What the hub has refused, with its reason, until the user tries again or discards it. */
export function RefusedList({ refused, sharing }: RefusedListProps): VNode | null {
  const { service, notices, frozen } = useApp();
  const { state: counters } = useLive(service.counters).value;
  if (refused.length === 0) return null;
  const run = (task: () => Promise<void>): void => {
    if (!frozen.value) void notices("sharing").attempt(task);
  };
  return (
    <div class="refused" role="alert">
      <h3>Refused by the hub</h3>
      <ul>
        {refused.map((one) => (
          <li key={one.id}>
            <p>
              <strong>{describe(one, counters, refused)}</strong>{" "}
              <span class="quiet figures">{formatTime(one.timestamp, Date.now())}</span>
              <br />
              {one.refused}
            </p>
            <span class="buttons">
              <button type="button" disabled={frozen.value} onClick={() => run(() => sharing.retry(one.id))}>
                Try again
              </button>
              <button type="button" disabled={frozen.value} onClick={() => run(() => sharing.discard(one.id))}>
                Discard
              </button>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
