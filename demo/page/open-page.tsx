import { computed, useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";
import { CounterRoom } from "./counters/counter-room.tsx";
import { HistoryRoom } from "./history/history-room.tsx";
import { TimeBar } from "./history/time-bar.tsx";
import { RankingRoom } from "./ranking/ranking-room.tsx";
import { createActions } from "./session/actions.ts";
import { createNotices } from "./session/notices.ts";
import { createTimeTravel } from "./session/time-travel.ts";
import { recordWays } from "./session/way.ts";
import { SharingBar } from "./sharing/sharing-bar.tsx";
import { StoreRoom } from "./store/store-room.tsx";
import { AppContext, type OpenApp } from "./ui/use-app.ts";
import { useUndoKeys } from "./ui/use-undo-keys.ts";

type OpenPageProps = Omit<OpenApp, "travel" | "frozen" | "notices" | "actions" | "way">;

/** The page with its counters open: the counters, their history, the ranking, and the store. */
export function OpenPage({ replacing, ...props }: OpenPageProps): VNode {
  const { service, verbs, shared, tab, imports, network, device, reopen } = props;
  const isReplaced = useSignal(false);
  useLayoutEffect(() => void (isReplaced.value = replacing !== undefined), [isReplaced, replacing]);
  const [app, close] = useMemo(() => {
    // A message is about these counters, so it ends with them.
    const notices = createNotices();
    const travel = createTimeTravel(service, notices("time"));
    const ways = recordWays(service, tab, shared === undefined ? "local" : "shared");
    const frozen = computed(() => isReplaced.value || travel.wanted.value !== undefined);
    const actions = createActions(service, { tab, notices, ways, isFrozen: () => frozen.value });
    const { way } = ways;
    return [
      { service, verbs, shared, tab, notices, imports, network, device, reopen, travel, frozen, actions, way },
      ways.close,
    ] as const;
  }, [service, verbs, shared, tab, imports, network, device, reopen, isReplaced]);
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
