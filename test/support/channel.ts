import type { Endpoint } from "rivulet/adapter";
import { MessageChannel } from "node:worker_threads";

/** A real message channel whose messages are counted, may be held up, and may be cut off in the middle. */
export interface Channel {
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** What was sent so far, by whom. */
  readonly sent: { client: unknown[]; server: unknown[] };
  /** How many buffers changed hands. */
  readonly transferred: { count: number };
  /** From now on nothing arrives, on either side. */
  cut(): void;
  close(): void;
}

export interface ChannelOptions {
  /** For how many turns of the event loop a message is held up; later ones never overtake it. Default: none. */
  readonly delay?: () => number;
  /** Called with the count of all messages sent; true cuts the channel off before this one. */
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
