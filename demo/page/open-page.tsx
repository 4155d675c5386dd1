import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import type { CounterService } from "../counter/service.ts";
import { CounterRoom } from "./counters/counter-room.tsx";
import { HistoryRoom } from "./history/history-room.tsx";
import { PastBanner } from "./history/past-banner.tsx";
import { RankingRoom } from "./ranking/ranking-room.tsx";
import type { LocalVerbs } from "./session/local-service.ts";
import type { Notices } from "./session/notices.ts";
import type { Mode } from "./session/session.ts";
import { createTimeTravel } from "./session/time-travel.ts";
import { StoreRoom } from "./store/store-room.tsx";
import { AppContext, useLive } from "./ui/use-app.ts";

interface OpenPageProps {
  readonly mode: Mode;
  readonly service: CounterService;
  readonly verbs: LocalVerbs | undefined;
  readonly tab: string;
  readonly notices: Notices;
}

/** The page with its counters open: the counters, their history, the ranking, and the store. */
export function OpenPage({ mode, service, verbs, tab, notices }: OpenPageProps): VNode {
  const app = useMemo(() => {
    const travel = createTimeTravel(service, notices);
    return { mode, service, verbs, tab, notices, travel, chosen: signal<string | undefined>(undefined) };
  }, [mode, service, verbs, tab, notices]);
  const { error } = useLive(service.counters).value;
  return (
    <AppContext.Provider value={app}>
      {error !== undefined && (
        <p class="problem" role="alert">
          The connection to the server is lost. The page does not update until it is back.
        </p>
      )}
      <PastBanner />
      <CounterRoom />
      <HistoryRoom />
      <RankingRoom />
      <StoreRoom />
    </AppContext.Provider>
  );
}
