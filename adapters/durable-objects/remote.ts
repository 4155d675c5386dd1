import {
  createRemoteStorage,
  createStorageServer,
  describe,
  fromFailure,
  toFailure,
  type Adapter,
  type Endpoint,
  type Failure,
  type StorageServer,
} from "../../src/adapter.ts";

/** A function that takes the messages of the other end. */
export interface MessageReceiver {
  (message: unknown): unknown;
  /** Over RPC it is a stub, which ends with the call that brought it: this makes another one. */
  dup?(): MessageReceiver;
}

/** What a Durable Object gives to a Worker: what takes its messages, or why there is no store. */
type Connected = MessageReceiver | { readonly failure: Failure };

/** A Durable Object with a store, as a Worker sees it: the stub of an object whose class has this method. */
export interface StoreObject {
  /** Called by `remoteDurableObject`. */
  connectStore(reply: MessageReceiver): PromiseLike<unknown>;
}

/** The end of a channel whose messages come through a function and go through another. */
function createEndpoint(send: (message: unknown) => void): Endpoint & { receive(message: unknown): void } {
  const listeners = new Set<(event: { readonly data: unknown }) => void>();
  return {
    postMessage: send,
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
    receive: (data) => {
      for (const listener of [...listeners]) listener({ data });
    },
  };
}

/** Makes the method `connectStore` of an object, over its adapter. */
export function serve(adapter: Adapter): (reply: MessageReceiver) => Promise<Connected> {
  let opening: Promise<StorageServer> | undefined;
  const open = async (): Promise<StorageServer> => {
    const { storage, defer = queueMicrotask } = await adapter.open();
    return createStorageServer(storage, { defer });
  };
  return async (reply) => {
    const answer = reply.dup?.() ?? reply;
    try {
      const server = await (opening ??= open());
      const endpoint = createEndpoint((message) => {
        // A Worker that is gone takes no answers, and asks for none.
        Promise.resolve(answer(message)).catch(() => disconnect());
      });
      const disconnect = server.connect(endpoint);
      return (message: unknown) => endpoint.receive(message);
    } catch (error) {
      opening = undefined;
      return { failure: toFailure(error) };
    }
  };
}

/** An adapter that talks to such an object. */
export function client(stub: StoreObject): Adapter {
  return {
    name: "durable-objects",
    async open() {
      const endpoint = createEndpoint((message) => {
        // In order, and one failure is enough to know of.
        Promise.resolve(connected(message)).catch((error: unknown) => storage.lost(describe(error)));
      });
      const connected = (await stub.connectStore((message) => endpoint.receive(message))) as MessageReceiver;
      if (typeof connected !== "function") throw fromFailure((connected as { readonly failure: Failure }).failure);
      const storage = createRemoteStorage(endpoint, { capabilities: ["models"] });
      return { storage, verbs: {} };
    },
  };
}

declare function queueMicrotask(task: () => void): void;
