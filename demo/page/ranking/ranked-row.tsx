import type { VNode } from "preact";
import type { Ranked } from "../../counter/service.ts";
import { formatNumber, formatTime } from "../ui/format.ts";

interface RankedRowProps {
  readonly row: Ranked;
  readonly rank: number;
  /** The ratio to the largest value of the ranking, from 0 to 1. */
  readonly share: number;
}

export function RankedRow({ row: { label, value, events, changed }, rank, share }: RankedRowProps): VNode {
  return (
    <tr>
      <td class="figures">{rank}</td>
      <th scope="row">
        {label}
        <span class="share" style={{ transform: `scaleX(${share})` }} />
      </th>
      <td class="number figures">{formatNumber(value)}</td>
      <td class="number figures">{formatNumber(events)}</td>
      <td class="changed figures">{formatTime(changed, Date.now())}</td>
    </tr>
  );
}
