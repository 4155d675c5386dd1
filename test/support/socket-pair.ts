import type { Adapter } from "rivulet";
import { serveOverSockets, storeOverSocket, type SocketConnection, type WebSocketLike } from "rivulet/adapter";

type Kind = Parameters<WebSocketLike["addEventListener"]>[0];
type Listener = Parameters<WebSocketLike["addEventListener"]>[1];

/** A client's end of a socket in this process, and what a test does to it. */
export interface FakeSocket extends WebSocketLike {
  /** What the client has sent. */
  readonly sent: readonly string[];
  /** Delivers an event to the client. */
  emit(kind: Kind, data?: unknown): void;
  /** Neither end hears of the other any more, and none is told. */
  silent: boolean;
}

/** Creates an open socket whose other end is given each text. */
export function fakeSocket(onText: (text: string, socket: FakeSocket) => void): FakeSocket {
  const listeners: (readonly [Kind, Listener])[] = [];
  const sent: string[] = [];
  const socket: FakeSocket = {
    readyState: 1,
    sent,
    silent: false,
    send(text) {
      sent.push(text);
      if (!socket.silent) onText(text, socket);
    },
    close: () => socket.emit("close"),
    addEventListener: (kind, listener) => void listeners.push([kind, listener]),
    emit(kind, data) {
      if (socket.silent) return;
      for (const [wanted, listener] of [...listeners]) if (wanted === kind) listener({ data });
    },
  };
  return socket;
}

/** An adapter's store over sockets in this process. */
export function overSockets(served: Adapter): Adapter & { readonly sockets: readonly FakeSocket[] } {
  const connect = serveOverSockets(served);
  const sockets: FakeSocket[] = [];
  const connectSocket = (): FakeSocket => {
    let connection: SocketConnection | undefined;
    const socket = fakeSocket((text) => {
      connection ??= connect((answer) => queueMicrotask(() => socket.emit("message", answer)));
      connection.receive(text).catch(() => socket.emit("close"));
    });
    socket.addEventListener("close", () => connection?.close());
    sockets.push(socket);
    return socket;
  };
  return { ...storeOverSocket(`${served.name} over sockets`, connectSocket), sockets };
}
