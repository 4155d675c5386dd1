import { serveOverSockets, SOCKET_TEXTS, type Adapter, type SocketConnection } from "../../src/adapter.ts";
import type { DurableObjectSocket, PlatformResponse, WebSocketContext } from "./platform.ts";

/** Serves the store of a Durable Object over WebSockets that stay open while the object hibernates. */
export interface StoreSockets {
  /**
   * Accepts a client. Returns the response to its request.
   *
   * @example
   * ```ts
   * function fetch(): Response {
   *   return sockets.accept();
   * }
   * ```
   */
  accept(): PlatformResponse;
  /**
   * Takes a message of a client.
   *
   * @example
   * ```ts
   * async function webSocketMessage(socket: DurableObjectSocket, message: unknown): Promise<void> {
   *   await sockets.message(socket, message);
   * }
   * ```
   */
  message(socket: DurableObjectSocket, message: unknown): Promise<void>;
  /**
   * Forgets a client whose socket was closed.
   *
   * @example
   * ```ts
   * function webSocketClose(socket: DurableObjectSocket): void {
   *   sockets.close(socket);
   * }
   * ```
   */
  close(socket: DurableObjectSocket): void;
}

/** Marks the sockets of the store among those of the object. */
const TAG = "rivulet";

export function serveSockets(ctx: WebSocketContext, adapter: Adapter): StoreSockets {
  const connect = serveOverSockets(adapter);
  const connections = new Map<DurableObjectSocket, SocketConnection>();

  // Answered by the platform, so that a check of the connection does not wake the object.
  ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(SOCKET_TEXTS.ping, SOCKET_TEXTS.pong));
  // Sockets that are open already outlived an object that hibernated: their clients subscribe again.
  for (const socket of ctx.getWebSockets(TAG)) socket.send(SOCKET_TEXTS.forgotten);

  return {
    accept() {
      const { 0: client, 1: socket } = new WebSocketPair();
      ctx.acceptWebSocket(socket, [TAG]);
      return new Response(null, { status: 101, webSocket: client });
    },
    async message(socket, message) {
      if (!ctx.getTags(socket).includes(TAG)) return;
      const connection = connections.get(socket) ?? connect((text) => socket.send(text));
      connections.set(socket, connection);
      try {
        await connection.receive(String(message));
      } catch {
        socket.close(1007, "this is no message of a store");
      }
    },
    close(socket) {
      connections.get(socket)?.close();
      connections.delete(socket);
      socket.close(1000);
    },
  };
}

declare const WebSocketPair: new () => { readonly 0: unknown; readonly 1: DurableObjectSocket };
declare const WebSocketRequestResponsePair: new (request: string, response: string) => unknown;
declare const Response: new (
  body: null,
  options: { readonly status: 101; readonly webSocket: unknown },
) => PlatformResponse;
