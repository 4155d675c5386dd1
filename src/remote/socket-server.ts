import { microtask } from "../platform.ts";
import type { Adapter } from "../storage/adapter.ts";
import { toFailure } from "../storage/failure.ts";
import { createFunctionEndpoint } from "./function-endpoint.ts";
import { decodeMessage, encodeMessage } from "./message-text.ts";
import type { Request } from "./messages.ts";
import { createStorageServer, type StorageServer } from "./server.ts";
import { SOCKET_TEXTS } from "./web-socket.ts";

/** One client of a store that is served over sockets. */
export interface SocketConnection {
  /** Takes a text of the client. Resolves once it is answered; rejects if it is not a message of a store's client. */
  receive(text: string): Promise<void>;
  /** Ends the connection. */
  close(): void;
}

/**
 * Serves a store over sockets that carry texts, such as WebSockets. Returns the function that connects a client, given what sends a
 * text to it. The store is opened for the first message; an error in opening answers every call.
 *
 * @example
 * ```ts
 * const connect = serveOverSockets(memory());
 * const connection = connect((text) => console.log(text)); // → {"n":1,"answer":0}
 * await connection.receive('{"n":1,"call":"head"}');
 * ```
 */
export function serveOverSockets(adapter: Adapter): (send: (text: string) => void) => SocketConnection {
  let opening: Promise<StorageServer> | undefined;
  const open = async (): Promise<StorageServer> => {
    const { storage, defer = microtask } = await adapter.open();
    return createStorageServer(storage, { defer });
  };
  return (send) => {
    const endpoint = createFunctionEndpoint((message) => send(encodeMessage(message)));
    let connecting: Promise<() => void> | undefined;

    async function connect(): Promise<() => void> {
      try {
        return (await (opening ??= open())).connect(endpoint);
      } catch (error) {
        opening = undefined;
        connecting = undefined;
        throw error;
      }
    }

    return {
      async receive(text) {
        if (text === SOCKET_TEXTS.ping) return send(SOCKET_TEXTS.pong);
        const message = decodeMessage(text);
        try {
          await (connecting ??= connect());
        } catch (error) {
          send(encodeMessage({ n: (Object(message) as Request).n, failure: toFailure(error) }));
          return;
        }
        await endpoint.receive(message);
      },
      close() {
        connecting?.then(
          (disconnect) => disconnect(),
          () => undefined,
        );
      },
    };
  };
}
