import { messageOf } from "../../../errors.ts";
import { isPage } from "../../../page.ts";
import type { StoreContext } from "../../../storage/store-context.ts";
import type { ReplicaStatus } from "./status.ts";
import { joinTabs, type Tabs } from "./tabs.ts";

/** The status of a replica: its own, or that of the tab that speaks with the hub. */
export interface SharedStatus {
  readonly now: ReplicaStatus;
  /** Tells of a change, if there is one. */
  show(next: Partial<ReplicaStatus>): void;
  /** Lets the tab that speaks hurry, if that is another one. */
  hurry(online: boolean): void;
  /** Leaves the other tabs while the page is put away, or for good; `wake` joins them again. */
  sleep(): void;
  wake(): void;
}

export function createStatus(
  { storage }: Pick<StoreContext, "storage">,
  counts: Pick<ReplicaStatus, "pending" | "rejected">,
  onChange: () => void,
  onHurry: (online: boolean) => void,
): SharedStatus {
  let own: ReplicaStatus = { connection: "waiting", gone: [], ...counts };
  let other: ReplicaStatus | undefined;
  let now = own;
  let tabs: Tabs | undefined;
  let asleep = false;

  function choose(): void {
    const { pending, rejected } = own;
    now = own.connection === "waiting" && other !== undefined ? { ...own, ...other, pending, rejected } : own;
    onChange();
  }

  function tell(): void {
    tabs?.tell(["waiting", "unauthorized", "stopped"].includes(own.connection) ? undefined : own);
  }

  async function join(): Promise<void> {
    const { lineage } = await storage.info();
    tabs = joinTabs(
      lineage,
      (status) => {
        other = status;
        choose();
      },
      onHurry,
    );
    if (asleep) tabs.sleep();
    else tell();
  }

  // Without the other tabs, this one shows "waiting" while another speaks.
  if (isPage()) join().catch(() => undefined);

  return {
    get now() {
      return now;
    },
    show(next) {
      const names = Object.keys(next) as (keyof ReplicaStatus)[];
      if (names.every((name) => isSame(name, next[name], own[name]))) return;
      own = { ...own, ...next };
      tell();
      choose();
    },
    hurry(online) {
      if (own.connection === "waiting") tabs?.hurry(online);
    },
    sleep() {
      asleep = true;
      other = undefined;
      tabs?.sleep();
    },
    wake() {
      asleep = false;
      tabs?.wake();
    },
  };
}

/** Errors are compared by what they say: those of an application may have any properties. */
function isSame(name: keyof ReplicaStatus, one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (name === "error") return one !== undefined && other !== undefined && messageOf(one) === messageOf(other);
  return JSON.stringify(one) === JSON.stringify(other);
}
