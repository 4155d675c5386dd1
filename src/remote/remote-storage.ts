import type { EventStoreError } from "../errors.ts";
import type { EventStorage } from "../storage/protocol.ts";
import type { Capability } from "../storage/verbs.ts";
import type { Endpoint } from "./messages.ts";

/** A storage that sends every call over a message channel, to a {@link StorageServer}. */
export interface RemoteStorage extends EventStorage {
  /**
   * Continues over another endpoint, and resends the unanswered calls in order. That is safe, because events have ids and every other
   * call may be sent twice.
   */
  reconnect(endpoint: Endpoint): void;
  /** Gives up the endpoint: unanswered and later calls wait for `reconnect`. */
  disconnect(): void;
  /** Rejects all unanswered calls with this error, and appends that were sent with `outcome-unknown`: they may have been stored. */
  refuse(error: EventStoreError): void;
  /** Ends the storage because the other end is gone: unanswered and later calls reject with `worker-lost`. */
  lost(reason: string): void;
  /**
   * Calls one of the server's own verbs, which may be sent twice without harm.
   *
   * @throws `invalid-argument` if the server has no such verb; `worker-lost`, `store-closed`, or the verb's error.
   */
  verb(name: string, argument?: unknown): Promise<unknown>;
  /**
   * Resolves with the groups of verbs that the storage at the other end has.
   *
   * @throws `worker-lost` or `store-closed`.
   */
  capabilities(): Promise<readonly Capability[]>;
  /** Ends the storage with this error, without telling the other end. */
  end(error: EventStoreError): void;
}

/** How to use a storage over a message channel. */
export interface RemoteStorageOptions {
  /**
   * The groups of verbs that the storage at the other end has: "models" if it has SQL, "sync" if it can be a replica or a hub. If that is not known beforehand, use
   * `connectRemoteStorage`, which asks.
   */
  readonly capabilities: readonly Capability[];
  /** Called with true when answers or news are awaited, and with false when none are, so that the process may exit. */
  readonly onBusy?: ((busy: boolean) => void) | undefined;
  /** Called with true when answers are awaited, and with false when none are. */
  readonly onDue?: ((due: boolean) => void) | undefined;
  /** Called for each call that waits for an endpoint. */
  readonly onWaiting?: (() => void) | undefined;
}
