import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { isUndone, type Counters } from "../../counter/counter.ts";
import type { Conflict } from "../../counter/service.ts";
import type { Act } from "../session/actions.ts";
import { useCounterPick } from "../ui/counter-pick.tsx";
import { formatNumber } from "../ui/format.ts";
import { Notice } from "../ui/notice.tsx";
import { useApp, useLive } from "../ui/use-app.ts";

/** Why a conflict was ended, if not by itself. */
const UNDONE = new Error("The conflict was undone while it ran.");

const TAKEN_BACK = "The addition and what takes it back both wait for the hub. Together they change nothing.";

interface Running {
  /** The id of the act, once this device has written its part. */
  readonly written?: string | undefined;
}

/** The last conflict, and the version of the change that it has made. */
interface Told {
  readonly conflict: Conflict;
  readonly stream: string;
  readonly version: number;
}

/** Whether the change of a conflict counts, or is so old that it cannot be undone any more. */
function counts({ stream, version }: Told, counters: Counters): boolean {
  const change = counters[stream]?.changes.find((one) => one.version === version);
  return change === undefined || !isUndone(change);
}

/** Demonstrates a conflict: two writers on one version in this browser, or two devices that do not know of each other. */
export function ConflictPanel(): VNode {
  const { service, actions, notices, shared, network, frozen } = useApp();
  const { attempt, tell } = notices("conflict");
  const { state } = useLive(service.counters).value;
  const last = useSignal<Told | undefined>(undefined);
  const running = useSignal<Running | undefined>(undefined);
  const { stream, label, pick } = useCounterPick({ label: "Counter of the conflict", disabled: frozen.value });
  const offline = shared !== undefined && network.offline.value && running.value === undefined;
  const off = stream === undefined || offline || running.value !== undefined || frozen.value;
  const provoke = (): void =>
    void attempt(async () => {
      if (stream === undefined || off || running.value !== undefined) return;
      const controller = new AbortController();
      const { signal } = controller;
      let isWritten = false;
      last.value = undefined;
      running.value = {};
      try {
        const task: Act<Conflict> = (sender, wrote) =>
          service.conflict(stream, sender, {
            signal,
            onWritten() {
              wrote();
              isWritten = true;
              running.value = { written: sender.act };
            },
          });
        const conflict = await actions.act(stream, task, {
          stop: () => controller.abort(UNDONE),
          onUndone: () => signal.reason === UNDONE && tell("Taken back, before the hub has answered.", TAKEN_BACK),
        });
        // The change of both events of a conflict in this browser has the version of the first.
        last.value = { conflict, stream, version: shared === undefined ? conflict.winner : conflict.retried };
      } catch (error) {
        if (signal.reason !== UNDONE) throw error;
        if (!isWritten) tell("Stopped.", "This device has added nothing.");
      } finally {
        running.value = undefined;
      }
    });
  const told = last.value !== undefined && counts(last.value, state) ? last.value.conflict : undefined;
  const written = shared === undefined ? undefined : running.value?.written;
  return (
    <div class="panel">
      <h3>Conflict</h3>
      <p class="quiet">
        {shared === undefined
          ? "Two writers read the same version, and both append on the condition that nothing has changed."
          : `Two devices change ${label} while they do not know of each other.`}
      </p>
      <div aria-live="polite">
        {told !== undefined && (shared === undefined ? <Story conflict={told} /> : <SharedStory conflict={told} />)}
        {written !== undefined && <p class="quiet">This device has added 10, which waits for the hub.</p>}
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
          {told === undefined ? "Provoke a conflict" : "Again"}
        </button>
        {written !== undefined && (
          <button type="button" aria-disabled={frozen.value} onClick={() => void actions.undo(written)}>
            Take it back
          </button>
        )}
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
