import { EventStoreError, storeClosed } from "../errors.ts";
import { fromFailure, rejectWith } from "../storage/failure.ts";
import type { AppendOutcome, AppendRequest, StorageNews } from "../storage/protocol.ts";
import { withCheckedPages } from "./check-page.ts";
import { makeVerbs } from "../storage/verbs.ts";
import type { RemoteStorage, RemoteStorageOptions } from "./remote-storage.ts";
import type { CallName, Calls, Endpoint, Reply, Request } from "./messages.ts";

interface Pending {
  readonly request: Request;
  /** Whether the request was sent, and so may have been executed. */
  sent: boolean;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Connects to the storage at the other end of an endpoint, and asks which groups of verbs it has. The other end need not be trusted
 * to end: a page that ends where it began rejects with `storage-unavailable`.
 *
 * @throws `worker-lost`, `store-closed` or a storage code such as `storage-busy`, like the storage's calls.
 * @example
 * ```ts
 * const { storage } = await memory().open();
 * createStorageServer(storage, { defer: setImmediate }).connect(port1);
 * const remote = await connectRemoteStorage(port2);
 * console.log(await remote.head()); // → 0
 * ```
 */
export async function connectRemoteStorage(
  endpoint: Endpoint,
  options: Omit<RemoteStorageOptions, "capabilities"> = {},
): Promise<RemoteStorage> {
  const { models, sync, ...remote } = withCheckedPages(
    createRemoteStorage(endpoint, { ...options, capabilities: ["models", "sync"] }),
  );
  const capabilities = await remote.capabilities();
  return {
    ...remote,
    ...(models !== undefined && capabilities.includes("models") && { models }),
    ...(sync !== undefined && capabilities.includes("sync") && { sync }),
  };
}

/**
 * Makes a storage that sends its calls over an endpoint, or, without one, waits for `reconnect`. Each call is one message, and each
 * answer another.
 *
 * @example
 * ```ts
 * const { storage } = await memory().open();
 * createStorageServer(storage, { defer: setImmediate }).connect(port1);
 * const remote = createRemoteStorage(port2, { capabilities: [] });
 * console.log(await remote.version("account-1")); // → 0
 * ```
 */
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
    // Later answers of the old endpoint are ignored, because the requests are resent.
    endpoint?.removeEventListener("message", receive);
    endpoint = next;
    next?.addEventListener("message", receive);
    next?.start?.();
  }

  function call<Name extends CallName>(name: Name, argument: Calls[Name]["argument"]): Promise<Calls[Name]["answer"]> {
    return new Promise((resolve, reject) => {
      if (gone !== undefined) throw gone();
      const request = { n: ++count, call: name, argument } as Request;
      // Sent before it is registered: an argument that cannot be cloned throws, and no answer is awaited.
      endpoint?.postMessage(request);
      pending.set(request.n, { request, sent: endpoint !== undefined, resolve, reject });
      updateBusy();
      if (endpoint === undefined) onWaiting?.();
    });
  }

  function receive({ data }: { readonly data: unknown }): void {
    const reply = Object(data) as Reply;
    if ("news" in reply) return tell({ ...reply.news, epoch });
    if ("ended" in reply) return endListening(fromFailure(Object(reply.ended)));
    const asked = pending.get(reply.n);
    // A resent request may be answered twice.
    if (asked === undefined) return;
    pending.delete(reply.n);
    if ("failure" in reply) asked.resolve(rejectWith(Object(reply.failure)) as never);
    else asked.resolve(reply.answer as never);
    updateBusy();
  }

  function tell(news: StorageNews): void {
    for (const listener of [...listeners.keys()]) listener(news);
  }

  /** Reports a change after a reconnection, because news was lost while there was no connection. */
  function catchUp(): void {
    epoch += 1;
    listen(true);
    // A failure also fails other calls, and need not be reported here.
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

  /** Subscribes to news, or unsubscribes. A failure also fails other calls, and need not be reported here. */
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

/** Marks an append that is sent again, because it may have been stored already. */
function again(request: Request): Request {
  if (request.call !== "append") return request;
  return { ...request, argument: request.argument.map((one) => ({ ...one, resentAfter: 0 })) };
}

/** The errors after which unanswered appends reject with the error itself: the caller has closed the store, or replaced its database. */
const MOOT: ReadonlySet<string> = new Set(["store-closed", "store-replaced"]);

function unknown(requests: readonly AppendRequest[], { message }: EventStoreError): readonly AppendOutcome[] {
  return requests.map(({ entries }) => ({
    ok: false,
    failure: {
      code: "outcome-unknown",
      message: `it is unknown whether this was stored: append it again under the same ids (${message})`,
      details: { ids: entries.flatMap(({ events }) => events.map(({ id }) => id)) },
    },
  }));
}
