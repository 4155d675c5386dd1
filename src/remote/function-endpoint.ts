import type { Endpoint } from "./messages.ts";

/** An endpoint whose messages arrive through a function. */
export interface FunctionEndpoint extends Endpoint {
  /** Delivers a message of the other end. */
  receive(message: unknown): void;
}

/** Creates an endpoint that sends messages through a function, and gets them through its `receive`. */
export function createFunctionEndpoint(send: (message: unknown) => void): FunctionEndpoint {
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
