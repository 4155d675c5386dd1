import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import type { Conflict } from "../../counter/service.ts";
import { formatNumber } from "../ui/format.ts";
import { useApp, useLive } from "../ui/use-app.ts";

/** Demonstrates a conflict: two writers with the same version, and the error of the second. */
export function ConflictPanel(): VNode {
  const { service, notices, tab, chosen } = useApp();
  const conflict = useSignal<Conflict | undefined>(undefined);
  const { state } = useLive(service.counters).value;
  const open = Object.entries(state).filter(([, counter]) => counter.open);
  const [stream] = open.find(([name]) => name === chosen.value) ?? open[0] ?? [];
  const provoke = (): void =>
    void notices.attempt(async () => {
      if (stream !== undefined) conflict.value = await service.conflict(stream, tab);
    });
  return (
    <div class="panel">
      <h3>Conflict</h3>
      <p class="quiet">Two writers read the same version, and both append on the condition that nothing has changed.</p>
      <div aria-live="polite">{conflict.value !== undefined && <Story conflict={conflict.value} />}</div>
      <p class="buttons">
        <button type="button" disabled={stream === undefined} onClick={provoke}>
          {conflict.value === undefined ? "Provoke a conflict" : "Again"}
        </button>
      </p>
    </div>
  );
}

function Story({ conflict: { expected, winner, actual, unseen, retried } }: { readonly conflict: Conflict }): VNode {
  return (
    <ol class="story">
      <li>Both read the counter at version {formatNumber(expected)}.</li>
      <li class="won">
        The first appends, expecting {formatNumber(expected)}: <strong>done</strong>, version {formatNumber(winner)}.
      </li>
      <li class="lost">
        The second, expecting {formatNumber(expected)}: <code>version-conflict</code>, it is at {formatNumber(actual)}.
        The error lists the events that it had not seen:
        <ul>
          {unseen.map(({ id, version, type, data }) => (
            <li key={id} class="mono">
              v{formatNumber(version)} {type} {JSON.stringify(data)}
            </li>
          ))}
        </ul>
      </li>
      <li class="won">
        It decides again on that, and appends, expecting {formatNumber(actual)}: <strong>done</strong>, version{" "}
        {formatNumber(retried)}.
      </li>
    </ol>
  );
}
