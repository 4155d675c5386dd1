import type { Endpoint } from "../../src/adapter.ts";

export type Listener = Parameters<Endpoint["addEventListener"]>[1];

/** The same endpoint, whose messages reach each listener through what `wrap` makes of it. One that was removed gets none, however late. */
export function hearingThrough(port: Endpoint, wrap: (listener: Listener) => Listener): Endpoint {
  const heard = new Map<Listener, Listener>();
  return {
    postMessage: (message, transfer) => port.postMessage(message, transfer),
    addEventListener(type, listener) {
      const hear = wrap((event) => {
        if (heard.get(listener) === hear) listener(event);
      });
      heard.set(listener, hear);
      port.addEventListener(type, hear);
    },
    removeEventListener(type, listener) {
      const hear = heard.get(listener);
      if (hear !== undefined) port.removeEventListener(type, hear);
      heard.delete(listener);
    },
    start: () => port.start?.(),
  };
}
