import { createAbort, onAbort, type AbortSignalLike } from "../../../platform.ts";
import type { SyncStorage } from "../../../storage/protocol.ts";
import type { Reason, Schemas, Transport } from "../../messages.ts";
import type { Timing } from "../../timing.ts";
import type { BackOff } from "../back-off.ts";
import type { Conflicts } from "./conflicts.ts";
import type { Outbox } from "../outbox.ts";

/** How a replica stands with its hub. */
export type Connection = "waiting" | "offline" | "connecting" | "catching-up" | "live";

/** What pulling and pushing share, in the one client of a database that speaks with the hub. */
export interface Session extends LastingSession {
  /** Entries that the hub has confirmed and whose events have not arrived yet, by their ids. */
  readonly answered: Map<string, Answered>;
  /** The most entries of the next push. */
  most: number;
  /** The ids of entries that the hub could not decide yet. */
  readonly delayed: Set<string>;
}

/** What lasts from one term of a client to the next. */
interface LastingSession {
  readonly sync: SyncStorage;
  readonly outbox: Outbox;
  readonly transport: Transport;
  readonly timing: Timing;
  readonly pulling: BackOff;
  readonly pushing: BackOff;
  /** Called with every change of the connection, and with the error that has ended it. */
  readonly onConnection: (connection: Connection, error?: unknown) => void;
  /** Called with why the hub has put off entries, or with undefined once none is. */
  readonly onDelayed: (reason: Reason | undefined) => void;
  /** Called after each line of a pull. */
  readonly onLine: (reached: Reached) => void;
  /** Takes an entry that the hub has refused, if the application is to be asked first; otherwise returns false. */
  readonly conflicts: Pick<Conflicts, "take" | "has">;
  /** After how many milliseconds without any sign the hub is taken for gone. */
  readonly patience: number;
  /** An item that is more positions behind the hub than this is pulled on its own. */
  readonly near: number;
  /** The versions of events that the application's code writes. */
  readonly schemas: Schemas | undefined;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Called when the device wakes, for each request that goes on; `online`: the network was away. */
  readonly requests: Set<(online: boolean) => void>;
}

/** How far a replica has come. */
interface Reached {
  /** The hub's position up to which everything is here. */
  readonly position: number;
  readonly head: number;
  readonly caughtUp: boolean;
  /** The names of streams that the hub does not give to this client. */
  readonly gone: readonly string[];
}

/** Why a request was ended that had probably lost its connection: another is made at once. */
export const WOKEN: unknown = new Error("the device was asleep or offline");

/** That an entry is confirmed at a position of the hub, and how many heartbeats have come since. */
interface Answered {
  readonly position: number;
  readonly streams: readonly string[];
  beats: number;
}

/** A hub that asks for a longer pause than this, in milliseconds, is asked again nevertheless. */
const LONGEST_ASKED = 300_000;

/** Returns the pause that a hub has asked for, in milliseconds; 0 if it has not. */
export function retryAfterOf(error: unknown): number {
  const { retryAfter } = Object(error) as { readonly retryAfter?: unknown };
  return typeof retryAfter === "number" ? Math.max(0, Math.min(LONGEST_ASKED, retryAfter)) : 0;
}

/** Calls `work` with a signal that is aborted after the session's patience, unless `sign` is called again and again. */
export async function withPatience<T>(
  { timing, patience, clock, requests }: Pick<Session, "timing" | "patience" | "clock" | "requests">,
  signal: AbortSignalLike,
  work: (signal: AbortSignalLike, sign: () => void) => Promise<T>,
): Promise<T> {
  const cut = createAbort();
  const ignore = onAbort(signal, () => cut.abort(signal.reason));
  if (signal.aborted) cut.abort(signal.reason);
  let signs = 0;
  let heard = clock();
  const wake = (online: boolean): void => {
    // By the wall clock, because timers stand still while a device sleeps.
    if (online || clock() - heard > patience / 2) cut.abort(WOKEN);
  };
  requests.add(wake);
  // Rejects when the request has ended.
  watch().catch(() => undefined);

  function sign(): void {
    signs += 1;
    heard = clock();
  }

  async function watch(): Promise<void> {
    for (let seen = -1, late = false; late || seen !== signs;) {
      seen = signs;
      const since = clock();
      await timing.wait(patience, cut.signal);
      // A device that slept or was busy has read nothing, which tells nothing of the hub. Its clock may jump: only once in a row.
      late = !late && clock() - since > 2 * patience;
    }
    cut.abort(new Error(`the hub has been silent for ${patience} ms`));
  }

  // A transport need not heed its signal.
  const silence = new Promise<never>((_resolve, reject) => onAbort(cut.signal, () => reject(cut.signal.reason)));
  silence.catch(() => undefined);
  try {
    return await Promise.race([work(cut.signal, sign), silence]);
  } finally {
    ignore();
    requests.delete(wake);
    cut.abort();
  }
}
