/** A store that is served over WebSockets, and that its object appends to; each answer tells which instance of the object gave it. */
import { DurableObject } from "cloudflare:workers";
import { openEventStore } from "rivulet";
import {
  durableObject,
  serveWebSockets,
  type DurableObjectSocket,
  type StoreSockets,
  type WebSocketContext,
} from "rivulet/durable-objects";

interface Env {
  readonly STORES: { getByName(name: string): Stub };
}

interface Stub {
  fetch(request: Request): Promise<Response>;
  append(type: string): Promise<string>;
  sql(text: string): Promise<unknown>;
  evict(): Promise<void>;
}

export class Followed extends DurableObject<Env> {
  readonly #context: WebSocketContext & { abort(reason: string): void };
  readonly #sockets: StoreSockets;
  readonly #instance: string = crypto.randomUUID();

  constructor(ctx: WebSocketContext & { abort(reason: string): void }, env: Env) {
    super(ctx, env);
    this.#context = ctx;
    this.#sockets = serveWebSockets(ctx);
  }

  fetch(): Response {
    return this.#sockets.accept();
  }

  webSocketMessage(socket: DurableObjectSocket, message: unknown): Promise<void> {
    return this.#sockets.message(socket, message);
  }

  webSocketClose(socket: DurableObjectSocket): void {
    this.#sockets.close(socket);
  }

  async append(type: string): Promise<string> {
    await using store = await openEventStore(durableObject(this.#context));
    await store.stream("s").append({ type });
    return this.#instance;
  }

  sql(text: string): unknown {
    return [...this.#context.storage.sql.exec(text).raw()];
  }

  evict(): void {
    this.#context.abort("evicted");
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const name = pathname.split("/", 2)[1] ?? "";
    const object = env.STORES.getByName(name);
    if (request.headers.get("upgrade") === "websocket") return object.fetch(request);
    if (pathname.endsWith("/sql")) return Response.json(await object.sql(searchParams.get("text") ?? ""));
    if (pathname.endsWith("/evict")) return Response.json((await object.evict()) ?? null);
    return Response.json(await object.append(searchParams.get("type") ?? ""));
  },
};
