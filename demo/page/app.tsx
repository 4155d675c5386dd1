import type { VNode } from "preact";
import { useErrorBoundary } from "preact/hooks";
import type { Progress } from "../counter/service.ts";
import type { Device } from "../counter/device.ts";
import { OpenPage } from "./open-page.tsx";
import type { Network } from "./session/network.ts";
import type { Notices } from "./session/notices.ts";
import type { Session } from "./session/session.ts";
import { Failure } from "./ui/failure.tsx";
import { ProgressBar } from "./ui/progress-bar.tsx";

interface AppProps {
  readonly session: Session;
  readonly imports: Notices;
  readonly tab: string;
  readonly network: Network;
  readonly device: Device;
}

/** The page in the session's state: opening, open, or failed. */
export function App({ session, ...parts }: AppProps): VNode {
  // An error of a component would leave an empty page.
  useErrorBoundary(session.fail);
  const status = session.status.value;
  if (status.state === "opening") return <Opening building={status.building} />;
  if (status.state === "failed") return <Failure problem={status.problem} session={session} />;
  const { service, verbs, shared, replacing } = status;
  return (
    <OpenPage
      service={service}
      verbs={verbs}
      shared={shared}
      replacing={replacing}
      reopen={session.reopen}
      {...parts}
    />
  );
}

/** The same layout as in index.html, so that nothing jumps. */
function Opening({ building }: { readonly building: Progress | undefined }): VNode {
  return (
    <section class="room" aria-busy="true" aria-label="Counters">
      <h2>Counters</h2>
      {building === undefined || building.total === 0 ? (
        <p class="about">Opening the database …</p>
      ) : (
        <ProgressBar label="Reading the events" progress={building} />
      )}
      <div class="cards">
        <div class="card skeleton" />
        <div class="card skeleton" />
      </div>
    </section>
  );
}
