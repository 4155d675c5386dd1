import type { VNode } from "preact";
import { isEventStoreError } from "rivulet";
import type { SharingState } from "../../counter/sharing.ts";
import { toProblem } from "../session/problem.ts";
import type { Shared } from "../session/shared-service.ts";
import { formatCount } from "../ui/format.ts";
import { Notice } from "../ui/notice.tsx";
import { ProgressBar } from "../ui/progress-bar.tsx";
import { useApp, useLive } from "../ui/use-app.ts";
import { DeviceList } from "./device-list.tsx";
import { RefusedList } from "./refused-list.tsx";

/** How this device stands with the hub: whether they speak, who else is there, what waits, and what was refused. */
export function SharingBar({ shared: { sharing, kept, forget } }: { readonly shared: Shared }): VNode {
  const { network, notices, reopen, frozen } = useApp();
  const { state } = useLive(sharing).value;
  const offline = network.offline.value;
  const { tone, title, advice } = offline ? OFF : tell(state);
  const waiting = state.pending.length;
  return (
    <section class="sharing" aria-label="Sharing">
      <div class="sharing-row">
        <p class={`sharing-state ${tone}`} role="status">
          <strong>{title}</strong> <span class="quiet">{advice}</span>
        </p>
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            checked={offline}
            onChange={({ currentTarget }) => network.setOffline(currentTarget.checked)}
          />
          <span>Offline</span>
        </label>
      </div>
      {state.progress !== undefined && <ProgressBar label="Catching up" progress={state.progress} />}
      <div class="sharing-row">
        <DeviceList offline={offline} />
        <p class={waiting === 0 ? "waiting none" : "waiting"} role="status">
          {waiting === 0 ? "Nothing waits for the hub." : `${formatCount(waiting, "command")} pending`}
        </p>
      </div>
      {!kept && (
        <p class="problem">
          This browser keeps nothing for this page, perhaps because it was not loaded by https. What the hub has not
          confirmed is lost when the page is closed.
        </p>
      )}
      {isEventStoreError(state.error) && OTHER_HISTORY.has(state.error.code) && (
        <p class="buttons">
          <button
            type="button"
            disabled={frozen.value}
            onClick={() => frozen.value || void notices("sharing").attempt(() => forget().then(reopen))}
          >
            Take the counters of the server
          </button>
          <span class="quiet">
            {waiting === 0
              ? "Those of before go from this browser."
              : "Those of before go, and so does what is pending."}
          </span>
        </p>
      )}
      <RefusedList refused={state.refused} sharing={sharing} />
      <Notice of={notices("sharing")} />
    </section>
  );
}

/** The errors after which this browser and the hub have different histories. */
const OTHER_HISTORY: ReadonlySet<string> = new Set(["hub-changed", "replica-diverged"]);

interface Told {
  readonly tone: "good" | "busy" | "off" | "bad";
  readonly title: string;
  readonly advice: string;
}

const OFF: Told = {
  tone: "off",
  title: "Offline",
  advice: "You have switched the connection off. What you do is kept in this browser, and sent later.",
};

function tell({ connection, error }: SharingState): Told {
  switch (connection) {
    case "live":
      return { tone: "good", title: "Live", advice: "What anybody does arrives here at once." };
    case "waiting":
      return { tone: "good", title: "Shared", advice: "Another tab of this browser speaks with the hub." };
    case "catching-up":
      return { tone: "busy", title: "Catching up", advice: "Reading what others have done." };
    case "connecting":
      return { tone: "busy", title: "Connecting …", advice: "" };
    case "offline":
      return {
        tone: "off",
        title: "The hub cannot be reached",
        advice: "What you do is kept in this browser, and sent once the hub is back.",
      };
    default: {
      const { title, advice } = toProblem(error);
      return { tone: "bad", title, advice };
    }
  }
}
