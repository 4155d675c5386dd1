import type { WebSocketLike } from "../../src/adapter.ts";

/** The states of a socket (https://websockets.spec.whatwg.org/#dom-websocket-readystate). */
const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

type SocketEvent = "open" | "message" | "close" | "error";

/**
 * A socket over plain HTTP, for a server without WebSockets: what the server sends comes as server-sent events, and what is sent to it
 * are requests, one after the other.
 */
export function openHttpSocket(base: URL): WebSocketLike {
  const listeners = new Map<SocketEvent, Set<(event: { readonly data?: unknown }) => void>>();
  const events = new EventSource(new URL("events", base));
  const waiting: string[] = [];
  let state = CONNECTING;
  let connection = "";
  let sending = false;

  events.addEventListener("connected", ({ data }: MessageEvent<string>) => {
    connection = data;
    state = OPEN;
    tell("open", {});
  });
  events.addEventListener("message", ({ data }: MessageEvent<string>) => tell("message", { data }));
  // The store connects again by itself, with another socket.
  events.addEventListener("error", close);

  function tell(type: SocketEvent, event: { readonly data?: unknown }): void {
    for (const listener of listeners.get(type) ?? []) listener(event);
  }

  async function sendAll(): Promise<void> {
    if (sending) return;
    sending = true;
    try {
      while (waiting.length > 0 && state === OPEN) {
        const url = new URL(`send?connection=${connection}`, base);
        const { ok } = await fetch(url, { method: "POST", body: waiting.splice(0).join("\n") });
        if (!ok) close();
      }
    } catch {
      close();
    } finally {
      sending = false;
    }
  }

  function close(): void {
    if (state === CLOSED) return;
    state = CLOSED;
    events.close();
    tell("close", {});
  }

  return {
    get readyState() {
      return state;
    },
    send(text) {
      waiting.push(text);
      void sendAll();
    },
    close,
    addEventListener(type, listener) {
      listeners.set(type, (listeners.get(type) ?? new Set()).add(listener));
    },
  };
}
