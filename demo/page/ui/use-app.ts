import type { Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext, useEffect, useMemo } from "preact/hooks";
import { signal, type ReadonlySignal } from "@preact/signals";
import type { CounterService, Live } from "../../counter/service.ts";
import type { LocalVerbs } from "../session/local-service.ts";
import type { Notices } from "../session/notices.ts";
import type { Place } from "../session/session.ts";
import type { TimeTravel } from "../session/time-travel.ts";

/** What every part of the opened page works with. */
export interface OpenApp {
  readonly place: Place;
  readonly service: CounterService;
  /** Only where the database is the browser's own. */
  readonly verbs: LocalVerbs | undefined;
  readonly tab: string;
  readonly travel: TimeTravel;
  readonly notices: Notices;
  /** The counter that the plot and the log are about; undefined: all. */
  readonly chosen: Signal<string | undefined>;
}

export const AppContext = createContext<OpenApp | undefined>(undefined);

export function useApp(): OpenApp {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error("this belongs inside an opened page");
  return app;
}

/** A live value as a signal: whoever reads it is drawn again when it moves. */
export function useLive<Value>(live: Live<Value>): ReadonlySignal<{ state: Value; position: number; error: unknown }> {
  const now = useMemo(() => signal(picture(live)), [live]);
  useEffect(() => {
    now.value = picture(live);
    return live.subscribe(() => (now.value = picture(live)));
  }, [live, now]);
  return now;
}

function picture<Value>({ state, position, error }: Live<Value>): { state: Value; position: number; error: unknown } {
  return { state, position, error };
}
