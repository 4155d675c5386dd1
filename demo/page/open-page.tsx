import type { VNode } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { CounterRoom } from "./counters/counter-room.tsx";
import { HistoryRoom } from "./history/history-room.tsx";
import { TimeBar } from "./history/time-bar.tsx";
import { RankingRoom } from "./ranking/ranking-room.tsx";
import { createActions } from "./session/actions.ts";
import { createTimeTravel } from "./session/time-travel.ts";
import { recordWays } from "./session/way.ts";
import { SharingBar } from "./sharing/sharing-bar.tsx";
import { StoreRoom } from "./store/store-room.tsx";
import { AppContext, type OpenApp } from "./ui/use-app.ts";
import { useUndoKeys } from "./ui/use-undo-keys.ts";

type OpenPageProps = Omit<OpenApp, "travel" | "actions" | "way">;

/** The page with its counters open: the counters, their history, the ranking, and the store. */
export function OpenPage({ replacing, ...props }: OpenPageProps): VNode {
  const { service, verbs, shared, tab, notices, network, device, reopen } = props;
  const [app, close] = useMemo(() => {
    const travel = createTimeTravel(service, notices("time"));
    const ways = recordWays(service, tab, shared === undefined ? "local" : "shared");
    const actions = createActions(service, { tab, notices, travel, ways });
    return [
      { service, verbs, shared, tab, notices, network, device, reopen, travel, actions, way: ways.way },
      ways.close,
    ] as const;
  }, [service, verbs, shared, tab, notices, network, device, reopen]);
  useEffect(() => close, [close]);
  useUndoKeys(app.actions);
  return (
    <AppContext.Provider value={useMemo(() => ({ ...app, replacing }), [app, replacing])}>
      {shared !== undefined && <SharingBar shared={shared} />}
      <div>
        <CounterRoom />
        {/* It stays in sight as long as something beside it is. */}
        <TimeBar />
        <HistoryRoom />
        <RankingRoom />
        <StoreRoom />
      </div>
    </AppContext.Provider>
  );
}
