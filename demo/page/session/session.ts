import { signal, type ReadonlySignal } from "@preact/signals";
import { isEventStoreError } from "rivulet";
import { foldsOf } from "../../counter/folds.ts";
import type { CounterService, Progress } from "../../counter/service.ts";
import type { Kept } from "./kept.ts";
import type { Device } from "../../counter/device.ts";
import { openLocal, type Inspected, type LocalService, type LocalVerbs } from "./local-service.ts";
import type { Network } from "./network.ts";
import { toFailure, type Problem } from "./problem.ts";
import { openShared, type Shared } from "./shared-service.ts";

/** The counters of this browser alone, or those that it shares with others. */
export type Mode = "local" | "shared";

/** The names of their databases. */
export const DATABASES: Readonly<Record<Mode, string>> = { local: "counters", shared: "counters-shared" };

type Status =
  | { readonly state: "opening"; readonly building?: Progress }
  | {
      readonly state: "open";
      readonly service: CounterService;
      readonly verbs: LocalVerbs;
      readonly inspected: Inspected;
      /** Set in the mode "shared". */
      readonly shared?: Shared | undefined;
      /** Set while the database that has replaced this one is opened: this one is still shown. */
      readonly replacing?: Progress | undefined;
    }
  | { readonly state: "failed"; readonly problem: Problem };

/** The session: which counters the page shows, and its state. */
export interface Session {
  readonly mode: ReadonlySignal<Mode>;
  readonly status: ReadonlySignal<Status>;
  switchTo(mode: Mode): void;
  /** Opens the counters again, after a failure or after the database was replaced. */
  reopen(): void;
  /** Opens the counters again, from now on without what was saved of them beside the events. */
  foldAgain(): void;
  /** Ends with a failure, such as one of the page itself. */
  fail(error: unknown): void;
}

/** Closes what has failed, so that whoever opens the database next need not wait for this tab. */
async function release(service: CounterService): Promise<void> {
  try {
    await service.close();
  } catch {
    // Why it failed is told already.
  }
}

/** Whether an error of the ranking is one of all the page; any other is shown beside the ranking, and the rest works. */
function isOfThePage(error: unknown): boolean {
  return (["store-replaced", "projection-failed", "storage-corrupt"] as const).some((code) =>
    isEventStoreError(error, code),
  );
}

/** Opens the store in the mode that was last chosen. */
export function createSession(storage: Kept, network: Network, device: Device): Session {
  const mode = signal<Mode>(storage.getItem("place") === "shared" ? "shared" : "local");
  const status = signal<Status>({ state: "opening" });
  /** Only the latest request counts. */
  let latest = 0;

  async function open(replaced = false): Promise<void> {
    const mine = ++latest;
    const before = status.value;
    const show = (next: Status): void => {
      if (mine === latest) status.value = next;
    };
    const stays = replaced && before.state === "open" ? before : undefined;
    const showOpening = (building?: Progress): void =>
      show(
        stays === undefined
          ? { state: "opening", ...(building && { building }) }
          : { ...stays, replacing: building ?? { done: 0, total: 0 } },
      );
    showOpening();
    let opening = true;
    try {
      if (before.state === "open") await before.service.close();
      const onBuild = (building: Progress): void => {
        if (opening) showOpening(building);
      };
      const folds = foldsOf(roundOf(mode.value));
      const opened: LocalService & { readonly shared?: Shared } =
        mode.value === "local"
          ? await openLocal(DATABASES.local, { onBuild, folds })
          : await openShared(DATABASES.shared, network, device, { onBuild, folds });
      opening = false;
      if (mine !== latest) return await opened.service.close();
      const { counters, ranking } = opened.service;
      show({ state: "open", ...opened });
      const heedAll = (): void => {
        heed(counters.error);
        if (isOfThePage(ranking.error)) heed(ranking.error);
      };
      for (const live of [counters, ranking]) live.subscribe(heedAll);
      heedAll();
    } catch (error) {
      show({ state: "failed", problem: toFailure(error) });
    }

    function heed(error: unknown): void {
      if (error === undefined || mine !== latest) return;
      // After an import, the new database is opened, and meanwhile the old one stays on the page.
      if (isEventStoreError(error, "store-replaced")) void open(true);
      else fail(error);
    }
  }

  function fail(error: unknown): void {
    const before = status.value;
    latest += 1;
    status.value = { state: "failed", problem: toFailure(error) };
    if (before.state === "open") void release(before.service);
  }

  function roundOf(one: Mode): number {
    return Number(storage.getItem(`rivulet-demo/round/${one}`) ?? 0);
  }

  void open();
  return {
    mode,
    status,
    switchTo(next) {
      if (next === mode.value) return;
      storage.setItem("place", next);
      mode.value = next;
      void open();
    },
    reopen: () => void open(),
    foldAgain() {
      storage.setItem(`rivulet-demo/round/${mode.value}`, String(roundOf(mode.value) + 1));
      void open();
    },
    fail,
  };
}
