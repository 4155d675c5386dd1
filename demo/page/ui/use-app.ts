import { signal, type ReadonlySignal } from "@preact/signals";
import { createContext } from "preact";
import { useContext, useEffect, useMemo } from "preact/hooks";
import type { CounterService, Live, Progress } from "../../counter/service.ts";
import type { SharingState } from "../../counter/sharing.ts";
import type { Device } from "../../counter/device.ts";
import type { LocalVerbs } from "../session/local-service.ts";
import type { Network } from "../session/network.ts";
import type { Actions } from "../session/actions.ts";
import type { Notices, NoticesOf } from "../session/notices.ts";
import type { Shared } from "../session/shared-service.ts";
import type { TimeTravel } from "../session/time-travel.ts";
import type { Way } from "../session/way.ts";

/** The context of every part of the open page. */
export interface OpenApp {
  readonly service: CounterService;
  readonly verbs: LocalVerbs;
  /** Set if the counters are shared with other devices. */
  readonly shared: Shared | undefined;
  readonly network: Network;
  readonly device: Device;
  readonly tab: string;
  /** Opens the counters again. */
  readonly reopen: () => void;
  /** Set while another database is opened instead of this one: how far its events were read. */
  readonly replacing: Progress | undefined;
  readonly travel: TimeTravel;
  /** Whether nothing can be changed: the past is shown, or a database that is being replaced. */
  readonly frozen: ReadonlySignal<boolean>;
  readonly notices: NoticesOf;
  /** The messages about imported files, which outlast the counters that a file has replaced. */
  readonly imports: Notices;
  readonly actions: Actions;
  readonly way: ReadonlySignal<Way | undefined>;
}

export const AppContext = createContext<OpenApp | undefined>(undefined);

export function useApp(): OpenApp {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error("useApp has to be called inside an open page");
  return app;
}

/** Returns a live value as a signal: components that read it are rendered again when it changes. */
export function useLive<Value>(live: Live<Value>): ReadonlySignal<{ state: Value; position: number; error: unknown }> {
  const now = useMemo(() => signal(picture(live)), [live]);
  useEffect(() => {
    now.value = picture(live);
    return live.subscribe(() => (now.value = picture(live)));
  }, [live, now]);
  return now;
}

/** Returns how many events of this device are pending: they follow the newest stored one. */
export function usePendingEvents(): number {
  const { shared } = useApp();
  const { state } = useLive(shared?.sharing ?? NOTHING_SHARED).value;
  return state.pending.reduce((count, { events }) => count + events, 0);
}

const NOTHING_SHARED: Live<Pick<SharingState, "pending">> = {
  state: { pending: [] },
  position: 0,
  error: undefined,
  subscribe: () => () => undefined,
};

function picture<Value>({ state, position, error }: Live<Value>): { state: Value; position: number; error: unknown } {
  return { state, position, error };
}
