import { createAppendQueue } from "../append-queue.ts";
import { toFailure } from "../errors.ts";
import { modelsOf } from "../models-of.ts";
import { microtask } from "../platform.ts";
import { createNewsroom } from "./newsroom.ts";
import type { EventPage, EventStorage } from "../storage/protocol.ts";
import type { Calls, Endpoint, Reply, Request } from "./messages.ts";

/** Serves one storage to any number of clients. */
export interface StorageServer {
  /** Answers what comes over an endpoint, until the result is called or the client closes. */
  connect(endpoint: Endpoint): () => void;
}

export interface StorageServerOptions {
  /**
   * Runs a task once the messages that wait have been taken: where clients take turns, appends are gathered until then, over
   * all of them. One that appends alone is not made to wait.
   */
  readonly defer: (task: () => void) => void;
  /** What is offered besides the protocol, by name. */
  readonly verbs?: Readonly<Record<string, (argument: unknown) => Promise<unknown>>> | undefined;
  /** A client has closed; closing the storage itself is the owner's business, and the client waits for it. */
  readonly onClose?: (() => Promise<void>) | undefined;
}

export function createStorageServer(
  storage: EventStorage,
  { defer, verbs, onClose }: StorageServerOptions,
): StorageServer {
  const queue = createAppendQueue(storage, (commit) => (alone ? microtask : defer)(commit));
  const newsroom = createNewsroom(storage);
  /** Who appended last, and whether the one before was the same: a client has gathered its own turn's appends itself. */
  let last: Endpoint | undefined;
  let alone = true;

  function connect(endpoint: Endpoint): () => void {
    let stopListening: (() => void) | undefined;

    const calls: { readonly [Name in Request["call"]]: (argument: never) => Promise<Calls[Name]["answer"]> } = {
      append: (requests: Calls["append"]["argument"]) => {
        alone = last === undefined || last === endpoint;
        last = endpoint;
        return Promise.all(requests.map((request) => queue.push(request, (outcome) => outcome)));
      },
      readPage: (query: Calls["readPage"]["argument"]) => storage.readPage(query),
      listStreams: (query: Calls["listStreams"]["argument"]) => storage.listStreams(query),
      head: () => storage.head(),
      version: (stream: string) => storage.version(stream),
      positionAt: (timestamp: number) => storage.positionAt(timestamp),
      saveSnapshot: (snapshot: Calls["saveSnapshot"]["argument"]) => storage.saveSnapshot(snapshot),
      loadSnapshot: (query: Calls["loadSnapshot"]["argument"]) => storage.loadSnapshot(query),
      info: () => storage.info(),
      openModel: async (opening: Calls["openModel"]["argument"]) => modelsOf(storage).openModel(opening),
      modelState: async (model: Calls["modelState"]["argument"]) => modelsOf(storage).modelState(model),
      applyToModel: async (batch: Calls["applyToModel"]["argument"]) => modelsOf(storage).applyToModel(batch),
      beginRebuild: async (rebuild: Calls["beginRebuild"]["argument"]) => modelsOf(storage).beginRebuild(rebuild),
      sweepModels: async (sweep: Calls["sweepModels"]["argument"]) => modelsOf(storage).sweepModels(sweep),
      listParked: async (model: Calls["listParked"]["argument"]) => modelsOf(storage).listParked(model),
      retryParked: async (retry: Calls["retryParked"]["argument"]) => modelsOf(storage).retryParked(retry),
      queryModels: async (query: Calls["queryModels"]["argument"]) => modelsOf(storage).queryModels(query),
      acquireLease: (request: Calls["acquireLease"]["argument"]) => storage.leases.acquireLease(request),
      releaseLease: (fence: Calls["releaseLease"]["argument"]) => storage.leases.releaseLease(fence),
      listLeases: (query: Calls["listLeases"]["argument"]) => storage.leases.listLeases(query),
      loadCheckpoint: (name: string) => storage.consumers.loadCheckpoint(name),
      moveConsumer: (move: Calls["moveConsumer"]["argument"]) => storage.consumers.moveConsumer(move),
      listConsumerParked: (query: Calls["listConsumerParked"]["argument"]) =>
        storage.consumers.listConsumerParked(query),
      listen: async (wanted: boolean) => listen(wanted),
      verb: async ({ name, argument }: Calls["verb"]["argument"]) => verbs?.[name]?.(argument),
      close: async () => {
        await queue.drained();
        await onClose?.();
      },
    };

    function listen(wanted: boolean): void {
      stopListening?.();
      stopListening = wanted
        ? newsroom.onChange(
            (news) => post({ news }),
            (error) => post({ ended: toFailure(error) }),
          )
        : undefined;
    }

    async function receive({ data }: { readonly data: unknown }): Promise<void> {
      const { n, call, argument } = data as Request;
      try {
        const answer = await calls[call](argument as never);
        if (call === "readPage") postPage(n, answer as EventPage);
        else post({ n, answer });
      } catch (error) {
        post({ n, failure: toFailure(error) });
      }
      if (call === "close") disconnect();
    }

    /** A page's bytes change hands instead of being copied. */
    function postPage(n: number, page: EventPage): void {
      const { rows } = page;
      const whole = typeof rows !== "string" && rows.byteLength === rows.buffer.byteLength;
      post({ n, answer: page }, whole ? [rows.buffer as ArrayBuffer] : []);
    }

    function post(reply: Reply, transfer: readonly ArrayBuffer[] = []): void {
      endpoint.postMessage(reply, transfer);
    }

    const listener = (event: { readonly data: unknown }): void => void receive(event);
    const disconnect = (): void => {
      if (last === endpoint) last = undefined;
      endpoint.removeEventListener("message", listener);
      listen(false);
    };

    endpoint.addEventListener("message", listener);
    endpoint.start?.();
    return disconnect;
  }

  return { connect };
}
