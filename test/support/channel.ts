import type { Endpoint } from "rivulet/adapter";
import { MessageChannel } from "node:worker_threads";

/** A real message channel whose messages are counted, and may be delayed or cut off. */
export interface Channel {
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** The messages sent so far, by sender. */
  readonly sent: { client: unknown[]; server: unknown[] };
  /** The number of transferred buffers. */
  readonly transferred: { count: number };
  /** Cuts the channel: from now on nothing arrives on either side. */
  cut(): void;
  close(): void;
}

export interface ChannelOptions {
  /**
   * The number of turns of the event loop by which a message is delayed; later messages never overtake it. Default:
   * none.
   */
  readonly delay?: () => number;
  /** Called with the number of all messages sent; returning true cuts the channel before this message. */
  readonly cutAt?: (message: number) => boolean;
}

export function createChannel({ delay = () => 0, cutAt = () => false }: ChannelOptions = {}): Channel {
  const { port1, port2 } = new MessageChannel();
  const sent: { client: unknown[]; server: unknown[] } = { client: [], server: [] };
  const transferred = { count: 0 };
  let open = true;
  let messages = 0;

  function wrap(port: typeof port1, log: unknown[]): Endpoint {
    let line = Promise.resolve();
    return {
      postMessage(message, transfer = []) {
        if (cutAt(++messages)) open = false;
        if (!open) return;
        log.push(message);
        transferred.count += transfer.length;
        const copy = structuredClone(message, { transfer: [...transfer] });
        line = line.then(async () => {
          for (let turns = delay(); turns > 0; turns--) await new Promise(setImmediate);
          if (open) port.postMessage(copy);
        });
      },
      addEventListener: (type, listener) => port.addEventListener(type, listener as never),
      removeEventListener: (type, listener) => port.removeEventListener(type, listener as never),
      start: () => port.start(),
    };
  }

  return {
    client: wrap(port1, sent.client),
    server: wrap(port2, sent.server),
    sent,
    transferred,
    cut() {
      open = false;
    },
    close() {
      port1.close();
      port2.close();
    },
  };
}
