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
export function OpenPage({ service, verbs, shared, tab, notices, network, device, reopen }: OpenPageProps): VNode {
  const app = useMemo(() => {
    const travel = createTimeTravel(service, notices);
    const chosen = signal<string | undefined>(undefined);
    return { service, verbs, shared, tab, notices, network, device, reopen, travel, chosen };
  }, [service, verbs, shared, tab, notices, network, device, reopen]);
  return (
    <AppContext.Provider value={app}>
      <PastBanner />
      {shared !== undefined && <SharingBar shared={shared} />}
      <CounterRoom />
      <HistoryRoom />
      <RankingRoom />
      <StoreRoom />
    </AppContext.Provider>
  );
}
