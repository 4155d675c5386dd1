import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { CounterRoom } from "./counters/counter-room.tsx";
import { HistoryRoom } from "./history/history-room.tsx";
import { PastBanner } from "./history/past-banner.tsx";
import { RankingRoom } from "./ranking/ranking-room.tsx";
import { createTimeTravel } from "./session/time-travel.ts";
import { SharingBar } from "./sharing/sharing-bar.tsx";
import { StoreRoom } from "./store/store-room.tsx";
import { AppContext, type OpenApp } from "./ui/use-app.ts";

type OpenPageProps = Omit<OpenApp, "travel" | "chosen">;

/** The page with its counters open: the counters, their history, the ranking, and the store. */
export function OpenPage({ service, verbs, sharing, tab, notices, network, device }: OpenPageProps): VNode {
  const app = useMemo(() => {
    const travel = createTimeTravel(service, notices);
    const chosen = signal<string | undefined>(undefined);
    return { service, verbs, sharing, tab, notices, network, device, travel, chosen };
  }, [service, verbs, sharing, tab, notices, network, device]);
  return (
    <AppContext.Provider value={app}>
      <PastBanner />
      {sharing !== undefined && <SharingBar sharing={sharing} />}
      <CounterRoom />
      <HistoryRoom />
      <RankingRoom />
      <StoreRoom />
    </AppContext.Provider>
  );
}
