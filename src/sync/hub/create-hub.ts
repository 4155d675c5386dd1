import { EventStoreError, isEventStoreError } from "../../errors.ts";
import { createAbort, encodeUtf8, sleep } from "../../platform.ts";
import type { EventStore } from "../../store/event-store.ts";
import { checkOptions, checkVerb } from "../../validate.ts";
import { contextOf } from "../context-of.ts";
import { makeResponse, readText, type MadeResponse, type RequestLike } from "../http.ts";
import type { PullLine } from "../messages.ts";
import { createHubCore, type HubCore } from "./hub.ts";
import type { HubLimits, HubRules } from "./hub-options.ts";
import { inTime } from "./rules.ts";

/** Who may do what at a hub, and its limits. */
export interface HubOptions<Client> extends HubRules<Client> {
  /** Returns who sends a request, for the other rules; undefined refuses it with status 401. */
  readonly authenticate: (request: RequestLike) => Client | undefined | Promise<Client | undefined>;
  /** How much a client may ask for. */
  readonly limits?: HubLimits | undefined;
}

/** A hub: answers the requests of replicas. */
export interface Hub {
  /**
   * Answers a request whose path ends with `/push` or `/pull`. Every failure is answered with a status; it never rejects.
   *
   * @example
   * ```ts
   * const request = new Request("https://example.org/sync/pull", { method: "POST", body: "{}" });
   * const response = await hub.fetch(request);
   * console.log(response.status); // → 400
   * ```
   */
  fetch(request: RequestLike): Promise<MadeResponse>;
}

/** The status of each error; any other is 503: the replica tries again. */
const STATUS: Readonly<Record<string, number>> = {
  "invalid-argument": 400,
  "invalid-event": 400,
  unauthorized: 401,
  "not-found": 404,
  "hub-changed": 409,
  "too-large": 413,
  "client-outdated": 426,
  "too-many-pulls": 429,
};

/** How many times the limit of a request is read, at most. */
const DISCARDED = 8;

/** An answer that is not about events. */
class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Makes a store the hub of replicas: it alone orders the events of the streams that they follow, and decides their commands.
 *
 * @throws `invalid-argument` and `store-closed`.
 *
 * @example
 * ```ts
 * const hub = createHub(store, {
 *   authenticate: (request) => request.headers.get("authorization") ?? undefined,
 *   deciders: { withdrawal },
 * });
 * console.log(typeof hub.fetch); // → function
 * ```
 */
export function createHub<Client>(store: EventStore, options: HubOptions<Client>): Hub {
  checkOptions(options, ["authenticate", "mayFollow", "mayAppend", "mayExecute", "deciders", "limits"]);
  checkVerb(options.authenticate, "call", "authenticate", "a function");
  const { authenticate, limits = {}, ...rules } = options;
  checkOptions(limits, ["entries", "bytes", "pulls", "heartbeat", "ruleTime"], "limits");
  const { bytes: mostBytes = 1 << 20, pulls: mostPulls = 20, ruleTime = 10_000 } = limits;
  const core: HubCore<Client> = createHubCore(contextOf(store), rules, limits, sleep);
  const pulls = new Map<Client, number>();

  async function answer(request: RequestLike): Promise<MadeResponse> {
    const verb = /\/(push|pull)\/?(?:\?.*)?$/.exec(request.url)?.[1];
    if (verb === undefined || request.method !== "POST") throw new Refusal("not-found", "POST to /push or /pull");
    const client = await inTime(() => authenticate(request), ruleTime, sleep);
    if (client === undefined) throw new Refusal("unauthorized", "these credentials are not accepted");
    const message = await readMessage(request, mostBytes);
    if (verb === "pull") return pull(client, message);
    return makeResponse(200, "application/json", JSON.stringify(await core.push(client, message)));
  }

  /** Answers with one line after the other, each when the reader wants it: a slow reader holds up nobody, and nothing is kept for it. */
  async function pull(client: Client, message: unknown): Promise<MadeResponse> {
    const open = (pulls.get(client) ?? 0) + 1;
    if (open > mostPulls) throw new Refusal("too-many-pulls", `this client has ${mostPulls} open pulls`);
    pulls.set(client, open);
    const ended = createAbort();
    const lines = core.pull(client, message, ended.signal);
    const end = (): void => {
      if (ended.signal.aborted) return;
      ended.abort();
      const left = (pulls.get(client) ?? 1) - 1;
      if (left === 0) pulls.delete(client);
      else pulls.set(client, left);
      lines.return(undefined).catch(() => undefined);
    };
    let first: IteratorResult<PullLine> | undefined;
    try {
      // Before the status is sent, so that a replica of another history gets an error.
      first = await lines.next();
    } catch (error) {
      end();
      throw error;
    }

    async function next(): Promise<string | undefined> {
      try {
        const { done, value } = first ?? (await lines.next());
        first = undefined;
        if (done !== true) return `${JSON.stringify(value)}\n`;
      } catch (error) {
        const told = `${JSON.stringify(toTold(error))}\n`;
        if (!ended.signal.aborted) {
          end();
          return told;
        }
      }
      end();
      return undefined;
    }

    return makeResponse(200, "application/x-ndjson", { pull: next, cancel: end });
  }

  return {
    async fetch(request) {
      try {
        return await answer(request);
      } catch (error) {
        const told = toTold(error);
        return makeResponse(STATUS[told.error.code] ?? 503, "application/json", JSON.stringify(told));
      }
    },
  };
}

/**
 * Reads a request's body as JSON. What is too large is not kept, but read on for a while: an answer that comes while a client is still
 * sending is not read by every client.
 */
async function readMessage({ body }: RequestLike, most: number): Promise<unknown> {
  let text = "";
  let bytes = 0;
  for await (const piece of readText(body, true)) {
    bytes += encodeUtf8(piece).length;
    text = bytes > most ? "" : text + piece;
    if (bytes > most * DISCARDED) break;
  }
  if (bytes > most) throw new Refusal("too-large", `a request may have ${most} bytes`);
  try {
    return JSON.parse(text);
  } catch {
    throw new EventStoreError("invalid-argument", "the request is not JSON", { argument: "body" });
  }
}

function toTold(error: unknown): { readonly error: { readonly code: string; readonly message: string } } {
  if (isEventStoreError(error) || error instanceof Refusal)
    return { error: { code: error.code, message: error.message } };
  // What a rule of the application has thrown is not told to clients.
  return { error: { code: "unexpected", message: "the hub failed unexpectedly: try again later" } };
}
