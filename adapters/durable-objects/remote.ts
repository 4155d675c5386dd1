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

/** A function that receives the messages of the other end. */
export interface MessageReceiver {
  (message: unknown): unknown;
  /** Over RPC the function is a stub, which is disposed at the end of the call that passed it. Returns another stub, which is not. */
  dup?(): MessageReceiver;
}

/** A Durable Object's answer to a Worker: the function that receives its messages, or the reason why there is no store. */
type Connected = MessageReceiver | { readonly failure: Failure };

/** The stub of a Durable Object whose class has the method `connectStore`. */
export interface StoreObject {
  /** Called by `remoteDurableObject`. */
  connectStore(reply: MessageReceiver): PromiseLike<unknown>;
}

/** Creates an endpoint that sends messages through a function and gets them through its `receive`. */
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

/** Creates the body of an object's method `connectStore`. */
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
        // The call fails if the Worker has ended, and then it waits for no answer.
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

/** Creates the adapter that uses the store of such an object. */
export function client(stub: StoreObject): Adapter {
  return {
    name: "durable-objects",
    async open() {
      const endpoint = createEndpoint((message) => {
        // Calls arrive in order, so after the first failure the connection is lost.
        Promise.resolve(connected(message)).catch((error: unknown) => storage.lost(describe(error)));
      });
      const connected = (await stub.connectStore((message) => endpoint.receive(message))) as MessageReceiver;
      if (typeof connected !== "function") throw fromFailure((connected as { readonly failure: Failure }).failure);
      const storage = createRemoteStorage(endpoint, { capabilities: ["models", "sync"] });
      return { storage, verbs: {} };
    },
  };
}

declare function queueMicrotask(task: () => void): void;
