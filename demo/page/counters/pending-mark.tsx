import { useComputed } from "@preact/signals";
import type { VNode } from "preact";
import type { Sharing } from "../../counter/sharing.ts";
import { formatNumber } from "../ui/format.ts";
import { useLive } from "../ui/use-app.ts";

interface PendingMarkProps {
  readonly sharing: Sharing;
  readonly stream: string;
}

/** Shows how many commands to a counter the hub has not confirmed. */
export function PendingMark({ sharing, stream }: PendingMarkProps): VNode | null {
  const live = useLive(sharing);
  const count = useComputed(() => live.value.state.pending.filter((one) => one.stream === stream).length);
  if (count.value === 0) return null;
  return (
    <span class="pending-mark" title="Shown here already; the hub has not confirmed it yet">
      {formatNumber(count.value)} pending
    </span>
  );
}
