import type { DurableObjectStorage } from "../durable-sqlite/platform.ts";

/** The parts that are used of a Durable Object's state, the first argument of its constructor. */
export interface DurableObjectContext {
  readonly storage: DurableObjectStorage;
}

/** The parts that are used of the state of a Durable Object that accepts WebSockets. */
export interface WebSocketContext extends DurableObjectContext {
  acceptWebSocket(socket: DurableObjectSocket, tags: string[]): void;
  getWebSockets(tag: string): readonly DurableObjectSocket[];
  getTags(socket: DurableObjectSocket): readonly string[];
  setWebSocketAutoResponse(pair: unknown): void;
}

/** The `Response` of the types that an application has. */
export type PlatformResponse = typeof globalThis extends { Response: new (...args: never[]) => infer Found }
  ? Found
  : object;

/** The parts that are used of the object's end of a WebSocket. */
export interface DurableObjectSocket {
  send(text: string): void;
  close(code: number, reason?: string): void;
}
