import { describe, invalidArgument } from "../errors.ts";
import { microtask } from "../platform.ts";
import type { Adapter } from "../storage/adapter.ts";
import { fromFailure, toFailure, type Failure } from "../storage/failure.ts";
import { createRemoteStorage } from "./client.ts";
import { createFunctionEndpoint } from "./function-endpoint.ts";
import { createStorageServer, type StorageServer } from "./server.ts";

/** A function that receives the messages of the other end. */
export interface MessageReceiver {
  (message: unknown): unknown;
  /** Over RPC the function is a stub, which is disposed at the end of the call that passed it. Returns another stub, which is not. */
  dup?(): MessageReceiver;
}

/** The answer to a client: the function that receives its messages, or the reason why there is no store. */
type Connected = MessageReceiver | { readonly failure: Failure };

/** An object at the other end of RPC that serves its store through the method `connectStore`. */
export interface StoreObject {
  /** Gets the function that receives messages here, and returns the one that receives them there. */
  connectStore(reply: MessageReceiver): PromiseLike<unknown>;
}

/**
 * Serves a store over RPC that can pass functions, such as that of Cloudflare or Cap'n Web. Returns the body of a {@link StoreObject}'s
 * method `connectStore`. The store is opened for the first client.
 *
 * @throws no error of its own: one of opening, such as `storage-format`, rejects the client.
 * @example
 * ```ts
 * const object = { connectStore: serveOverRpc(memory()) };
 * const far = await openEventStore(storeOverRpc("far", object));
 * console.log(await far.head()); // → 0
 * ```
 */
export function serveOverRpc(adapter: Adapter): (reply: MessageReceiver) => Promise<unknown> {
  let opening: Promise<StorageServer> | undefined;
  const open = async (): Promise<StorageServer> => {
    const { storage, defer = microtask } = await adapter.open();
    return createStorageServer(storage, { defer });
  };
  return async (reply): Promise<Connected> => {
    const answer = reply.dup?.() ?? reply;
    try {
      const server = await (opening ??= open());
      const endpoint = createFunctionEndpoint((message) => {
        // The call fails if the client has ended, and then it waits for no answer.
        Promise.resolve(answer(message)).catch(() => disconnect());
      });
      const disconnect = server.connect(endpoint);
      return (message: unknown) => void endpoint.receive(message);
    } catch (error) {
      opening = undefined;
      return { failure: toFailure(error) };
    }
  };
}

/**
 * Uses a store that {@link serveOverRpc} serves. `name` is the adapter's.
 *
 * @throws `worker-lost` once the other end is gone, and `outcome-unknown` for an append in progress at that moment. Opening rejects with
 * the errors of the served adapter.
 * @example
 * ```ts
 * const object = { connectStore: serveOverRpc(memory()) };
 * const far = await openEventStore(storeOverRpc("far", object));
 * console.log(await far.head()); // → 0
 * ```
 */
export function storeOverRpc(name: string, object: StoreObject): Adapter {
  return {
    name,
    async open() {
      if (typeof (object as Partial<StoreObject> | undefined)?.connectStore !== "function") {
        throw invalidArgument("object", "object must have a method connectStore, which serves its store");
      }
      const endpoint = createFunctionEndpoint((message) => {
        // Calls arrive in order, so after the first failure the connection is lost.
        Promise.resolve(connected(message)).catch((error: unknown) => storage.lost(describe(error)));
      });
      const connected = (await object.connectStore((message) => void endpoint.receive(message))) as MessageReceiver;
      if (typeof connected !== "function") throw fromFailure((connected as { readonly failure: Failure }).failure);
      const storage = createRemoteStorage(endpoint, { capabilities: ["models", "sync"] });
      return { storage, verbs: {} };
    },
  };
}
