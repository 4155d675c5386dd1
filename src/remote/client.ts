import { EventStoreError, storeClosed } from "../errors.ts";
import { fromFailure } from "../storage/failure.ts";
import type { AppendOutcome, AppendRequest, EventStorage, StorageNews } from "../storage/protocol.ts";
import { makeVerbs, type Capability } from "../storage/verbs.ts";
import type { CallName, Calls, Endpoint, Reply, Request } from "./messages.ts";

/** A storage whose work is done at the other end of a message channel. */
export interface RemoteStorage extends EventStorage {
  /**
   * Goes on over another endpoint: what is unanswered is sent again, in its order. That is safe, because events have ids
   * and nothing else that is sent counts twice.
   */
  reconnect(endpoint: Endpoint): void;
  /** The other side has gone, and another may come: what is unanswered, and every later call, waits for `reconnect`. */
  disconnect(): void;
  /**
   * Rejects what is unanswered, and goes on. As whenever a call is given up, an append that was sent rejects with
   * `outcome-unknown`, since it may have been stored.
   */
  refuse(error: EventStoreError): void;
  /** The other side has gone for good: what is unanswered, and every later call, rejects with `worker-lost`. */
  lost(reason: string): void;
  /** Asks for something that the server was given under this name. It must bear being asked again. */
  verb(name: string, argument?: unknown): Promise<unknown>;
  /** What the storage at the other end has of all that a storage may lack. */
  capabilities(): Promise<readonly Capability[]>;
  /** Ends here and now, with an error of one's own, and without a word to the other side. */
  end(error: EventStoreError): void;
}

export interface RemoteStorageOptions {
  /**
   * What the storage at the other end has of all that a storage may lack: "models" where it has SQL. Where that is not known
   * beforehand, {@link connectRemoteStorage} asks.
   */
  readonly capabilities: readonly Capability[];
  /** Called with true when an answer or news is awaited, with false when nothing is: a process may end then. */
  readonly onBusy?: ((busy: boolean) => void) | undefined;
  /** Called with true when an answer is awaited, with false when none is any more. */
  readonly onDue?: ((due: boolean) => void) | undefined;
  /** Called for each call that has nobody to be sent to. */
  readonly onWaiting?: (() => void) | undefined;
}

interface Pending {
  readonly request: Request;
  /** Whether somebody may have done it already. */
  sent: boolean;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

/** The storage at the other end of an endpoint, with the capabilities that it has there. Rejects as its calls do. */
export async function connectRemoteStorage(
  endpoint: Endpoint,
  options: Omit<RemoteStorageOptions, "capabilities"> = {},
): Promise<RemoteStorage> {
  const { models, ...remote } = createRemoteStorage(endpoint, { ...options, capabilities: ["models"] });
  const capabilities = await remote.capabilities();
  return { ...remote, ...(models !== undefined && capabilities.includes("models") && { models }) };
}

/** Carries the storage protocol over an endpoint, now or from `reconnect` on: one message a call, one an answer. */
export function createRemoteStorage(
  first: Endpoint | undefined,
  { capabilities, onBusy, onDue, onWaiting }: RemoteStorageOptions,
): RemoteStorage {
  const pending = new Map<number, Pending>();
  const listeners = new Map<(news: StorageNews) => void, ((error: unknown) => void) | undefined>();
  let endpoint: Endpoint | undefined;
  let count = 0;
  let epoch = 1;
  let busy = false;
  let due = false;
  let gone: (() => EventStoreError) | undefined;

  function connect(next: Endpoint | undefined): void {
    // Whatever the old side may still say is not heard: it no longer is who these requests were sent to.
    endpoint?.removeEventListener("message", receive);
    endpoint = next;
    next?.addEventListener("message", receive);
    next?.start?.();
  }

  function call<Name extends CallName>(name: Name, argument: Calls[Name]["argument"]): Promise<Calls[Name]["answer"]> {
    return new Promise((resolve, reject) => {
      if (gone !== undefined) throw gone();
      const request = { n: ++count, call: name, argument } as Request;
      // Sent first: an argument that cannot be cloned throws, and then nothing is awaited.
      endpoint?.postMessage(request);
      pending.set(request.n, { request, sent: endpoint !== undefined, resolve, reject });
      updateBusy();
      if (endpoint === undefined) onWaiting?.();
    });
  }

  function receive({ data }: { readonly data: unknown }): void {
    const reply = data as Reply;
    if ("news" in reply) return tell({ ...reply.news, epoch });
    if ("ended" in reply) return endListening(fromFailure(reply.ended));
    const asked = pending.get(reply.n);
    // A request that was sent again may be answered twice.
    if (asked === undefined) return;
    pending.delete(reply.n);
    if ("failure" in reply) asked.reject(fromFailure(reply.failure));
    else asked.resolve(reply.answer as never);
    updateBusy();
  }

  function tell(news: StorageNews): void {
    for (const listener of [...listeners.keys()]) listener(news);
  }

  /** What changed while nobody was connected was told to nobody. */
  function catchUp(): void {
    epoch += 1;
    listen(true);
    // A failure shows in the calls that matter.
    call("head", undefined).then(
      (head) => tell({ epoch, head }),
      () => undefined,
    );
  }

  function updateBusy(): void {
    const awaited = pending.size > 0;
    const now = awaited || listeners.size > 0;
    if (now !== busy) onBusy?.(now);
    busy = now;
    if (awaited !== due) onDue?.(awaited);
    due = awaited;
  }

  function end(error: () => EventStoreError): void {
    gone ??= error;
    connect(undefined);
    refuse(gone());
    endListening(gone());
  }

  function refuse(error: EventStoreError): void {
    for (const asked of pending.values()) {
      const { request } = asked;
      if (request.call === "append" && asked.sent && !MOOT.has(error.code))
        asked.resolve(unknown(request.argument, error) as never);
      else asked.reject(error);
    }
    pending.clear();
    updateBusy();
  }

  function endListening(error: EventStoreError): void {
    const endings = [...listeners.values()];
    listeners.clear();
    for (const onEnd of endings) onEnd?.(error);
    updateBusy();
  }

  /** Whether news is wanted; a failure shows in the calls that matter. */
  function listen(wanted: boolean): void {
    if (gone === undefined) call("listen", wanted).catch(() => undefined);
  }

  connect(first);

  return {
    ...makeVerbs(
      ["leases", "consumers", ...capabilities],
      (name) => (argument) => call(name as CallName, argument as never),
    ),
    capabilities: () => call("capabilities", undefined),
    onChange(listener, onEnd) {
      listeners.set(listener, onEnd);
      if (listeners.size === 1) listen(true);
      updateBusy();
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) listen(false);
        updateBusy();
      };
    },
    async close() {
      if (gone !== undefined) return;
      try {
        await call("close", undefined);
      } finally {
        end(storeClosed);
      }
    },
    reconnect(next) {
      if (gone !== undefined) return;
      connect(next);
      for (const asked of pending.values()) {
        next.postMessage(asked.sent ? again(asked.request) : asked.request);
        asked.sent = true;
      }
      if (listeners.size > 0) catchUp();
    },
    disconnect() {
      connect(undefined);
      if (pending.size > 0) onWaiting?.();
    },
    refuse,
    lost(reason) {
      end(
        () => new EventStoreError("worker-lost", `the storage's worker is gone: ${reason}; open the store again`, {}),
      );
    },
    verb: (name, argument) => call("verb", { name, argument }),
    end: (error) => end(() => error),
  };
}

/** A request that may have been carried out already: whoever takes an append has to know that. */
function again(request: Request): Request {
  if (request.call !== "append") return request;
  return { ...request, argument: request.argument.map((one) => ({ ...one, resentAfter: 0 })) };
}

/** With these nobody asks any more whether something was stored: the caller has closed the store, or its database is no more. */
const MOOT: ReadonlySet<string> = new Set(["store-closed", "store-replaced"]);

function unknown(requests: readonly AppendRequest[], { message }: EventStoreError): readonly AppendOutcome[] {
  return requests.map(({ entries }) => ({
    ok: false,
    failure: {
      code: "outcome-unknown",
      message: `nobody answers whether this was stored: append it again under the same ids (${message})`,
      details: { ids: entries.flatMap(({ events }) => events.map(({ id }) => id)) },
    },
  }));
}
