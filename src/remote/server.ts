import { createAppendQueue } from "../append/append-queue.ts";
import { EventStoreError, describe, invalidArgument } from "../errors.ts";
import { serveContents } from "../storage/contents-verbs.ts";
import { toFailure } from "../storage/failure.ts";
import { microtask } from "../platform.ts";
import { createChangeFeed } from "./change-feed.ts";
import { checkArgument } from "./verb-arguments.ts";
import type { AppendRequest, EventPage, EventStorage } from "../storage/protocol.ts";
import { groupsOf, makeVerbs, verbOf, type AnyVerb, type GroupName } from "../storage/verbs.ts";
import type { CallName, Calls, Endpoint, Reply, Request } from "./messages.ts";

/** The most unanswered calls of an untrusted client. Further calls are refused. */
const MOST_UNANSWERED = 10_000;

type Listener = (event: { readonly data: unknown }) => unknown;

/** Serves a storage to any number of clients. */
export interface StorageServer {
  /** Answers the calls that arrive over an endpoint, until the client closes or the returned function is called. */
  connect(endpoint: Endpoint): () => void;
}

/** How to serve a storage. */
export interface StorageServerOptions {
  /**
   * Runs a task after the waiting messages were received, such as `setImmediate`. Until then, appends of several clients are grouped;
   * those of a single client are not delayed.
   */
  readonly defer: (task: () => void) => void;
  /** The server's own verbs by name, beside the storage protocol. */
  readonly verbs?: Readonly<Record<string, (argument: unknown) => Promise<unknown>>> | undefined;
  /**
   * Whether the clients are this application's own code, as in a worker thread, so that their arguments need not be checked; default
   * false. Each argument of an untrusted client is checked: it cannot store what others could not read, nor run SQL outside of its
   * read models.
   */
  readonly trusted?: boolean | undefined;
  /** Called when a client closes, which waits for it. The server never closes the storage itself. */
  readonly onClose?: (() => Promise<void>) | undefined;
}

/**
 * Makes a server that answers the calls of {@link createRemoteStorage} clients.
 *
 * @example
 * ```ts
 * const { storage } = await memory().open();
 * const server = createStorageServer(storage, { defer: setImmediate });
 * const disconnect = server.connect(port1);
 * disconnect();
 * ```
 */
export function createStorageServer(
  storage: EventStorage,
  { defer, verbs = {}, trusted = false, onClose }: StorageServerOptions,
): StorageServer {
  const queue = createAppendQueue(storage, (commit) => (alone ? microtask : defer)(commit));
  const changeFeed = createChangeFeed(storage);
  const served = servedVerbs(storage);
  const ownVerbs = { ...serveContents(storage), ...verbs };
  /** The client that appended last, and whether it also made the append before: each client groups its own appends. */
  let last: Endpoint | undefined;
  let alone = true;

  function connect(endpoint: Endpoint): () => void {
    let stopListening: (() => void) | undefined;
    let unanswered = 0;

    const calls: Readonly<Record<string, AnyVerb>> = {
      ...served,
      append: (requests) => {
        alone = last === undefined || last === endpoint;
        last = endpoint;
        const all = requests as readonly AppendRequest[];
        return Promise.all(all.map((request) => queue.push(request, (outcome) => outcome)));
      },
      capabilities: async () => groupsOf(storage).filter((group) => group === "models" || group === "sync"),
      listen: async (wanted) => listen(wanted === true),
      verb: async (asked) => {
        const { name, argument } = asked as Calls["verb"]["argument"];
        return own(ownVerbs, name, "verb")(argument);
      },
      close: async () => {
        await queue.drained();
        await onClose?.();
      },
    };

    function listen(wanted: boolean): void {
      stopListening?.();
      stopListening = wanted
        ? changeFeed.onChange(
            (news) => tell({ news }),
            (error) => tell({ ended: toFailure(error) }),
          )
        : undefined;
    }

    async function receive({ data }: { readonly data: unknown }): Promise<void> {
      if (typeof data !== "object" || data === null || !("n" in data)) return;
      const { n, call, argument } = data as Request;
      unanswered += 1;
      try {
        const verb = own(calls, call, "call");
        if (!trusted) checkCall(call, argument);
        const answer = await verb(argument);
        answerWith(n, () => (call === "readPage" ? postPage(n, answer as EventPage) : post({ n, answer })));
      } catch (error) {
        answerWith(n, () => post({ n, failure: toFailure(error) }));
      }
      unanswered -= 1;
      if (call === "close") disconnect();
    }

    function checkCall(call: CallName, argument: unknown): void {
      if (unanswered > MOST_UNANSWERED) {
        const message = `${MOST_UNANSWERED} calls of this client are unanswered: wait for some answers`;
        throw new EventStoreError("storage-unavailable", message, { reason: "too-many-calls" });
      }
      checkArgument(call, argument);
    }

    /** An answer that cannot be sent is a failure; a client to whom nothing can be sent is gone. */
    function answerWith(n: number, send: () => void): void {
      try {
        send();
      } catch (error) {
        tell({ n, failure: toFailure(error) });
      }
    }

    function tell(reply: Reply): void {
      try {
        post(reply);
      } catch {
        disconnect();
      }
    }

    /** Transfers a page's bytes instead of copying them. */
    function postPage(n: number, page: EventPage): void {
      const { rows } = page;
      const whole = typeof rows !== "string" && rows.byteLength === rows.buffer.byteLength;
      post({ n, answer: page }, whole ? [rows.buffer as ArrayBuffer] : []);
    }

    function post(reply: Reply, transfer: readonly ArrayBuffer[] = []): void {
      endpoint.postMessage(reply, transfer);
    }

    // What is returned, an endpoint of functions waits for.
    const listener: Listener = receive;
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

/** All verbs of the protocol by name. Those that the storage lacks reject with `storage-unavailable`. */
function servedVerbs(storage: EventStorage): Readonly<Record<string, AnyVerb>> {
  const serve = (name: string, group?: GroupName): AnyVerb => verbOf(storage, name, group);
  const { models, leases, consumers, sync, ...root } = makeVerbs(["models", "leases", "consumers", "sync"], serve);
  return { ...root, ...models, ...leases, ...consumers, ...sync } as unknown as Readonly<Record<string, AnyVerb>>;
}

/** The longest unknown name in an error message, in characters. */
const LONGEST_NAME = 300;

/** Looks up an own property of a table, never an inherited one such as "toString". @throws `invalid-argument` if there is none. */
function own(table: Readonly<Record<string, AnyVerb>>, name: unknown, kind: "call" | "verb"): AnyVerb {
  const found = typeof name === "string" && Object.hasOwn(table, name) ? table[name] : undefined;
  if (found === undefined) throw invalidArgument(kind, `there is no ${kind} named ${shown(name)}`);
  return found;
}

/** Shortens a name for an error message. */
function shown(name: unknown): string {
  return (typeof name === "string" ? JSON.stringify(name) : describe(name)).slice(0, LONGEST_NAME);
}
