import { isEventStoreError, messageOf } from "../../../errors.ts";
import { openPageChannel, type PageChannel } from "../../../page.ts";
import { fromFailure, type Failure } from "../../../storage/failure.ts";
import type { ReplicaStatus } from "./status.ts";

/** What the tabs of a browser that have one database open tell each other. All of it may be lost. */
export interface Tabs {
  /** Tells the others how the tab that speaks with the hub stands; undefined: this one does not, or no longer. */
  tell(status: ReplicaStatus | undefined): void;
  /** Lets the tab that speaks hurry: it may be in the background, where timers are slow. */
  hurry(online: boolean): void;
  /** Leaves the channel while the page is put away, and joins it again. */
  sleep(): void;
  wake(): void;
}

/** A message to the other tabs. */
interface Told {
  /** The status of the tab that speaks; null: it stops speaking. */
  readonly status?: (Omit<ReplicaStatus, "error"> & { readonly error: Partial<Failure> | undefined }) | null;
  /** Asks the tab that speaks for its status. */
  readonly ask?: true;
  /** The network is back, or a tab is shown. */
  readonly hurry?: boolean;
}

/** Joins the tabs of a database, in a page. */
export function joinTabs(
  database: string,
  onStatus: (status: ReplicaStatus | undefined) => void,
  onHurry: (online: boolean) => void,
): Tabs {
  let channel: PageChannel | undefined;
  let own: ReplicaStatus | undefined;

  function hear(message: unknown): void {
    const { status, ask, hurry } = message as Told;
    if (status === null) onStatus(undefined);
    else if (status !== undefined) onStatus({ ...status, error: toError(status.error) });
    if (ask && own !== undefined) tell(own);
    if (hurry !== undefined) onHurry(hurry);
  }

  function tell(status: ReplicaStatus | undefined): void {
    if (status === undefined && own === undefined) return;
    own = status;
    post({ status: status === undefined ? null : { ...status, error: toPlain(status.error) } });
  }

  function post(message: Told): void {
    channel?.post(message);
  }

  function wake(): void {
    channel ??= openPageChannel(`rivulet/replica/${database}`, hear);
    post({ ask: true });
  }

  wake();
  return {
    tell,
    hurry: (online) => post({ hurry: online }),
    sleep() {
      tell(undefined);
      channel?.close();
      channel = undefined;
    },
    wake,
  };
}

function toPlain(error: unknown): Partial<Failure> | undefined {
  if (error === undefined) return undefined;
  return isEventStoreError(error)
    ? { code: error.code, message: error.message, details: { ...error.details } }
    : { message: messageOf(error) };
}

function toError(plain: Partial<Failure> | undefined): unknown {
  if (plain === undefined) return undefined;
  return plain.code === undefined ? new Error(plain.message) : fromFailure(plain as Failure);
}
