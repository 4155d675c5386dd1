import { EventStoreError, describe, invalidArgument, storeClosed } from "../errors.ts";
import { createAbort, sleep, startTimer } from "../platform.ts";
import type { Adapter } from "../storage/adapter.ts";
import { connectRemoteStorage } from "./client.ts";
import { createFunctionEndpoint, type FunctionEndpoint } from "./function-endpoint.ts";
import { decodeMessage, encodeMessage } from "./message-text.ts";

/** What is used of a `WebSocket`. */
export interface WebSocketLike {
  /** 0 until it is open, then 1; 2 or 3 once it is closed (https://websockets.spec.whatwg.org/#dom-websocket-readystate). */
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

/** Creates a socket. */
type Connect = () => WebSocketLike | PromiseLike<WebSocketLike>;

/** An open socket. */
interface Connection {
  readonly endpoint: FunctionEndpoint;
  /** Resolves once the socket is closed or silent. */
  readonly lost: Promise<void>;
  close(): void;
}

/**
 * Uses a store that {@link serveOverSockets} serves. `connect` creates a socket, and another one after each loss. While there is none, calls wait;
 * watchers then continue where they were. `name` is the adapter's.
 *
 * @throws `storage-unavailable` when the store is opened and the first socket cannot be, or not within 30 s; later none for the
 * connection, which is tried for until the store is closed. Opening also rejects with the errors of the served adapter.
 * @example
 * ```ts
 * const far = storeOverSocket("far", () => new WebSocket("wss://example.org/store"));
 * console.log(far.name); // → far
 * // Later: const remote = await openEventStore(far);
 * ```
 */
export function storeOverSocket(name: string, connect: Connect): Adapter {
  return {
    name,
    async open() {
      if (typeof connect !== "function") {
        throw invalidArgument("connect", "connect must be a function that creates a socket: () => new WebSocket(…)");
      }
      let onForgotten: () => void = () => undefined;
      let connection = await openConnection(connect, () => onForgotten());
      const storage = await Promise.race([connectRemoteStorage(connection.endpoint), refuseLoss(connection)]);
      // Everything is asked again, as after a new connection.
      onForgotten = () => storage.reconnect(connection.endpoint);
      const closing = createAbort();

      async function stayConnected(): Promise<void> {
        for (;;) {
          await connection.lost;
          connection.close();
          if (closing.signal.aborted) return;
          storage.disconnect();
          const next = await connectAgain();
          if (next === undefined) return;
          connection = next;
          storage.reconnect(connection.endpoint);
        }
      }

      async function connectAgain(): Promise<Connection | undefined> {
        for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
          await sleep(pause * (0.5 + Math.random()), closing.signal).catch(() => undefined);
          if (closing.signal.aborted) return undefined;
          const next = await openConnection(connect, () => onForgotten()).catch(() => undefined);
          if (next === undefined) continue;
          if (!closing.signal.aborted) return next;
          next.close();
        }
      }

      void stayConnected();
      return {
        storage: {
          ...storage,
          async close() {
            closing.abort();
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

async function openConnection(connect: Connect, onForgotten: () => void): Promise<Connection> {
  let socket: WebSocketLike;
  try {
    socket = await connect();
  } catch (error) {
    throw unreachable(describe(error), error);
  }
  const endpoint = createFunctionEndpoint((message) => socket.send(encodeMessage(message)));
  let stopTimer: () => void = () => undefined;
  let lose: () => void = () => undefined;
  const lost = new Promise<void>((resolve) => {
    lose = () => {
      stopTimer();
      resolve();
    };
  });

  /** Asks once after a silence, and gives the socket up after another, or if it has not opened until then: it cannot send before. */
  function awaitText(asked: boolean): void {
    stopTimer();
    stopTimer = startTimer(SILENCE, () => {
      if (asked || socket.readyState !== OPEN) return lose();
      awaitText(true);
      socket.send(SOCKET_TEXTS.ping);
    });
  }

  socket.addEventListener("message", ({ data }) => {
    awaitText(false);
    if (data === SOCKET_TEXTS.forgotten) onForgotten();
    else if (data !== SOCKET_TEXTS.pong) void endpoint.receive(decodeMessage(data as string));
  });
  const opened = new Promise<void>((resolve) => {
    if (socket.readyState === OPEN) resolve();
    else socket.addEventListener("open", () => resolve());
  });
  socket.addEventListener("close", lose);
  socket.addEventListener("error", lose);
  const connection = {
    endpoint,
    lost,
    close() {
      lose();
      socket.close();
    },
  };
  awaitText(false);
  // A socket may have failed before its events were listened to: Node refuses some ports at once.
  if (socket.readyState > OPEN) lose();
  await Promise.race([opened, refuseLoss(connection)]);
  return connection;
}

async function refuseLoss({ lost }: Pick<Connection, "lost">): Promise<never> {
  await lost;
  throw unreachable("it was closed, or did not answer");
}

function unreachable(how: string, cause?: unknown): EventStoreError {
  const message = `the store cannot be reached over a socket: ${how}`;
  return new EventStoreError("storage-unavailable", message, { reason: "no-connection" }, cause);
}
