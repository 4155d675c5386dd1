import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import type { Conflict } from "../../counter/service.ts";
import { useCounterPick } from "../ui/counter-pick.tsx";
import { formatNumber } from "../ui/format.ts";
import { Notice } from "../ui/notice.tsx";
import { useApp } from "../ui/use-app.ts";

/** Demonstrates a conflict: two writers on one version in this browser, or two devices that do not know of each other. */
export function ConflictPanel(): VNode {
  const { service, actions, notices, shared, network, frozen } = useApp();
  const conflict = useSignal<Conflict | undefined>(undefined);
  const running = useSignal(false);
  const { stream, label, pick } = useCounterPick({ label: "Counter of the conflict" });
  const offline = shared !== undefined && network.offline.value && !running.value;
  const off = stream === undefined || offline || running.value || frozen.value;
  const provoke = (): void =>
    void notices("conflict").attempt(async () => {
      if (stream === undefined || off || running.value) return;
      running.value = true;
      try {
        conflict.value = await actions.act(stream, async (sender, wrote) => {
          const course = await service.conflict(stream, sender);
          wrote();
          return course;
        });
      } finally {
        running.value = false;
      }
    });
  return (
    <div class="panel">
      <h3>Conflict</h3>
      <p class="quiet">
        {shared === undefined
          ? "Two writers read the same version, and both append on the condition that nothing has changed."
          : `Two devices change ${label} while they do not know of each other.`}
      </p>
      <div aria-live="polite">
        {conflict.value !== undefined &&
          (shared === undefined ? <Story conflict={conflict.value} /> : <SharedStory conflict={conflict.value} />)}
      </div>
      {shared !== undefined && (
        <p class="quiet">
          Some commands cannot both be right: go offline in two browsers, add a counter of the same name in both, and go
          online. The hub refuses the second one, and its browser says so.
        </p>
      )}
      <p class="buttons">
        {pick}
        <button type="button" aria-disabled={off} onClick={provoke}>
          {conflict.value === undefined ? "Provoke a conflict" : "Again"}
        </button>
        {offline && <span class="quiet">needs the hub: go online first</span>}
      </p>
      <Notice of={notices("conflict")} />
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
        <Events events={unseen} />
      </li>
      <li class="won">
        It decides again on that, and appends, expecting {formatNumber(actual)}: <strong>done</strong>, version{" "}
        {formatNumber(retried)}.
      </li>
    </ol>
  );
}

function SharedStory({ conflict: { expected, unseen, retried } }: { readonly conflict: Conflict }): VNode {
  return (
    <ol class="story">
      <li>This device goes offline, with the counter at version {formatNumber(expected)}.</li>
      <li>
        A program elsewhere adds 1, which this device cannot see:
        <Events events={unseen} />
      </li>
      <li class="lost">
        This device adds 10 to what it knows. The page shows the sum at once, as <code>pending</code> version{" "}
        {formatNumber(expected + 1)}.
      </li>
      <li class="won">
        Online again, it sends the command and not the sum. The hub decides it after the program's event:{" "}
        <strong>confirmed</strong>, version {formatNumber(retried)}. Both additions count.
      </li>
    </ol>
  );
}

/** The most events that are listed. */
const MOST = 5;

function Events({ events }: { readonly events: Conflict["unseen"] }): VNode {
  return (
    <ul>
      {events.slice(0, MOST).map(({ id, version, type, data }) => (
        <li key={id} class="mono">
          v{formatNumber(version)} {type} {JSON.stringify(data)}
        </li>
      ))}
      {events.length > MOST && <li>and {formatNumber(events.length - MOST)} more</li>}
    </ul>
  );
}
