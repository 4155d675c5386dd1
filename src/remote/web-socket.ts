import { EventStoreError, describe, storeClosed } from "../errors.ts";
import { sleep, startTimer } from "../platform.ts";
import type { Adapter } from "../storage/adapter.ts";
import { connectRemoteStorage } from "./client.ts";
import { createFunctionEndpoint, type FunctionEndpoint } from "./function-endpoint.ts";
import { decodeMessage, encodeMessage } from "./message-text.ts";

/** What is used of a `WebSocket`. */
export interface WebSocketLike {
  /** 1 once it is open. */
  readonly readyState: number;
  send(text: string): void;
  close(): void;
  addEventListener(
    type: "open" | "message" | "close" | "error",
    listener: (event: { readonly data?: unknown }) => void,
  ): void;
}

/**
 * The texts that are no calls. A client that has heard nothing for a while sends `ping`; a platform can answer with `pong` in the name
 * of a server. A server that has forgotten its clients while their sockets stayed open sends `forgotten`.
 */
export const SOCKET_TEXTS = { ping: "ping", pong: "pong", forgotten: "forgotten" } as const;

/** How long a connection may be silent before the client asks, and how long for an answer, in milliseconds. */
const SILENCE = 30_000;

/** The pauses between attempts to connect again, in milliseconds. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;
const OPEN = 1;

/** An open socket. */
interface Connection {
  readonly endpoint: FunctionEndpoint;
  /** Resolves once the socket is closed or silent. */
  readonly lost: Promise<void>;
  close(): void;
}

/**
 * Uses a store that {@link serveOverSockets} serves. `connect` creates a socket, again after each loss. While there is none, calls wait;
 * watchers then continue where they were. `name` is the adapter's.
 *
 * @throws `storage-unavailable` when the store is opened and the first socket cannot be; later none for the connection, which is tried
 * for until the store is closed. Opening also rejects with the errors of the served adapter.
 * @example
 * ```ts
 * const far = storeOverSocket("far", () => new WebSocket("wss://example.org/store"));
 * console.log(far.name); // → far
 * // Later: const remote = await openEventStore(far);
 * ```
 */
export function storeOverSocket(name: string, connect: () => WebSocketLike): Adapter {
  return {
    name,
    async open() {
      let onForgotten: () => void = () => undefined;
      let connection = await openConnection(connect, () => onForgotten());
      const storage = await Promise.race([connectRemoteStorage(connection.endpoint), refuseLoss(connection)]);
      // Everything is asked again, as after a new connection.
      onForgotten = () => storage.reconnect(connection.endpoint);
      let closed = false;

      async function stayConnected(): Promise<void> {
        for (;;) {
          await connection.lost;
          connection.close();
          if (closed) return;
          storage.disconnect();
          const next = await connectAgain();
          if (next === undefined) return;
          connection = next;
          storage.reconnect(connection.endpoint);
        }
      }

      async function connectAgain(): Promise<Connection | undefined> {
        for (let pause = FIRST_PAUSE; !closed; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
          await sleep(pause * (0.5 + Math.random()));
          const next = await openConnection(connect, () => onForgotten()).catch(() => undefined);
          if (!closed && next !== undefined) return next;
          next?.close();
        }
        return undefined;
      }

      void stayConnected();
      return {
        storage: {
          ...storage,
          async close() {
            closed = true;
            await Promise.race([storage.close(), connection.lost]);
            storage.end(storeClosed());
            connection.close();
          },
        },
        verbs: {},
      };
    },
  };
}

function openConnection(connect: () => WebSocketLike, onForgotten: () => void): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect();
    const endpoint = createFunctionEndpoint((message) => socket.send(encodeMessage(message)));
    let lose: () => void = () => undefined;
    let stopTimer: () => void = () => undefined;
    const lost = new Promise<void>((end) => (lose = end));

    function listen(asked: boolean): void {
      stopTimer();
      stopTimer = startTimer(SILENCE, () => {
        if (asked) return lose();
        socket.send(SOCKET_TEXTS.ping);
        listen(true);
      });
    }

    function onOpen(): void {
      listen(false);
      resolve({
        endpoint,
        lost,
        close() {
          stopTimer();
          lose();
          socket.close();
        },
      });
    }

    socket.addEventListener("message", ({ data }) => {
      listen(false);
      if (data === SOCKET_TEXTS.forgotten) onForgotten();
      else if (data !== SOCKET_TEXTS.pong) void endpoint.receive(decodeMessage(data as string));
    });
    const end = (): void => {
      stopTimer();
      lose();
      reject(unreachable("it was closed"));
    };
    socket.addEventListener("close", end);
    socket.addEventListener("error", end);
    if (socket.readyState === OPEN) onOpen();
    else socket.addEventListener("open", onOpen);
  });
}

async function refuseLoss({ lost }: Connection): Promise<never> {
  await lost;
  throw unreachable("it was closed before it answered");
}

function unreachable(how: unknown): EventStoreError {
  const message = `the store cannot be reached over its socket: ${describe(how)}`;
  return new EventStoreError("storage-unavailable", message, { reason: "no-connection" });
}
