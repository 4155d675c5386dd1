import type { VNode } from "preact";
import type { Sharing } from "../../counter/sharing.ts";
import { formatNumber, formatTime } from "../ui/format.ts";
import { useApp, useLive } from "../ui/use-app.ts";
import { describe } from "./describe.ts";

/** The most commands that are listed. */
const MOST = 8;

/** What waits for the hub, above the log: commands, which become events once the hub has decided them. Newest first. */
export function PendingList({ sharing }: { readonly sharing: Sharing }): VNode | null {
  const { service } = useApp();
  const { state: counters } = useLive(service.counters).value;
  const { pending } = useLive(sharing).value.state;
  if (pending.length === 0) return null;
  const shown = pending.slice(-MOST).sort((one, other) => pending.indexOf(other) - pending.indexOf(one));
  return (
    <div class="pending-list">
      <h3>Pending</h3>
      <p class="quiet">Commands of this device. The hub decides them, and they become events.</p>
      <ul>
        {shown.map((one) => (
          <li key={one.id}>
            <span>{describe(one, counters, pending)}</span>
            <span class="quiet figures">{formatTime(one.timestamp, Date.now())}</span>
          </li>
        ))}
      </ul>
      {pending.length > MOST && <p class="quiet">and {formatNumber(pending.length - MOST)} earlier</p>}
    </div>
  );
}
