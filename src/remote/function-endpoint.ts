import type { Endpoint } from "./messages.ts";

/** An endpoint whose messages arrive through a function. */
export interface FunctionEndpoint extends Endpoint {
  /** Delivers a message of the other end. Resolves once its listeners are done with it, such as when a call is answered. */
  receive(message: unknown): Promise<void>;
}

/** Creates an endpoint that sends messages through a function, and gets them through its `receive`. */
export function createFunctionEndpoint(send: (message: unknown) => void): FunctionEndpoint {
  const listeners = new Set<(event: { readonly data: unknown }) => unknown>();
  return {
    postMessage: send,
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
    async receive(data) {
      await Promise.all([...listeners].map((listener) => listener({ data })));
    },
  };
}
