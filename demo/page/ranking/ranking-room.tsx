import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import type { Ranked } from "../../counter/service.ts";
import { toProblem } from "../session/problem.ts";
import { Choice } from "../ui/choice.tsx";
import { formatCount } from "../ui/format.ts";
import { Room } from "../ui/room.tsx";
import { useApp, useLive, usePendingEvents } from "../ui/use-app.ts";
import { RankedRow } from "./ranked-row.tsx";
import { Rebuild } from "./rebuild.tsx";

type Order = "value" | "activity";

const ORDERS: readonly (readonly [Order, string])[] = [
  ["value", "by value"],
  ["activity", "by activity"],
];

const QUERY = `SELECT label, value, events, changed,
       rank() OVER (ORDER BY value DESC)  AS byValue,
       rank() OVER (ORDER BY events DESC) AS byActivity
FROM totals WHERE present = 1`;

/** The ranking, from an SQL table that is updated once for each event. */
export function RankingRoom(): VNode {
  const { service, travel } = useApp();
  const { state, position, error } = useLive(service.ranking).value;
  const pending = usePendingEvents();
  const order = useSignal<Order>("value");
  const rank = ({ byValue, byActivity }: Ranked): number => (order.value === "value" ? byValue : byActivity);
  const rows = [...state].sort((one, other) => rank(one) - rank(other));
  const most = Math.max(1, ...rows.map((row) => Math.abs(order.value === "value" ? row.value : row.events)));
  return (
    <Room
      title="Read model"
      about="An SQL table in the same file, updated exactly once for each event. The query below is live."
      aside={<Choice label="Ranked" value={order.value} options={ORDERS} onChoose={(one) => (order.value = one)} />}
    >
      <div class="panel">
        {pending > 0 && (
          <p class="quiet note">
            Includes {formatCount(pending, "pending event")}, in a transaction that is rolled back after the query.
          </p>
        )}
        {travel.past.value !== undefined && <p class="quiet note">The read model always shows the current state.</p>}
        {rows.length === 0 ? (
          <p class="empty">No counter, no rows. Add one above.</p>
        ) : (
          <table class="ranking">
            <thead>
              <tr>
                <th scope="col">Rank</th>
                <th scope="col">Counter</th>
                <th scope="col" class="number">
                  Value
                </th>
                <th scope="col" class="number">
                  Events
                </th>
                <th scope="col" class="changed">
                  Last change
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <RankedRow
                  key={row.stream}
                  row={row}
                  rank={rank(row)}
                  share={Math.abs(order.value === "value" ? row.value : row.events) / most}
                />
              ))}
            </tbody>
          </table>
        )}
        {error !== undefined && <Stopped error={error} />}
        <Rebuild position={position} />
        <details>
          <summary>The query</summary>
          <pre class="mono">{QUERY}</pre>
        </details>
      </div>
    </Room>
  );
}

/** Told instead of new rows, once the query has failed. */
function Stopped({ error }: { readonly error: unknown }): VNode {
  const { reopen } = useApp();
  const { title, detail } = toProblem(error);
  return (
    <div class="notice problem" role="alert">
      <p>
        <strong>The ranking is no longer updated.</strong> {title} {detail}
      </p>
      <button type="button" onClick={reopen}>
        Open again
      </button>
    </div>
  );
}
