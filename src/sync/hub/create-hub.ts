import { asyncDispose, createAbort, orAborted, refuseAborted, sleep } from "../../platform.ts";
import type { EventStore } from "../../store/event-store.ts";
import { contextOf } from "../context-of.ts";
import { makeResponse, type MadeResponse, type RequestLike, type RuntimeResponse } from "../http.ts";
import type { PullMessage } from "../messages.ts";
import { checkHubOptions } from "./check-options.ts";
import { corsHeaders, preflightHeaders, type Origins } from "./cors.ts";
import { createHubCore, type HubCore } from "./hub.ts";
import type { HubLimits, HubRules } from "./hub-options.ts";
import { createOpenPulls } from "./open-pulls.ts";
import { createRate } from "./rates.ts";
import { readMessage } from "./read-message.ts";
import { Refusal, statusOf, toTold } from "./refusals.ts";
import { inTime } from "./rules.ts";

/** Who may do what at a hub, and its limits. */
export interface HubOptions<Client> extends HubRules<Client> {
  /** Returns who sends a request, for the other rules; undefined, null or false refuses it with status 401. */
  readonly authenticate: (request: RequestLike) => Client | undefined | Promise<Client | undefined>;
  /** Names a client for the limits that count for each client. Default: the client itself if it is a text or a number, otherwise its JSON text. */
  readonly clientName?: ((client: Client) => string) | undefined;
  /**
   * The origins of pages that may use the hub from another site, such as `["https://example.org"]`: a list, of which "*" is any, or a
   * function. Default: none. A page of the hub's own site needs no permission.
   */
  readonly origins?: Origins | undefined;
  /** How much a client may ask for. */
  readonly limits?: HubLimits | undefined;
}

/** A hub: answers the requests of replicas. */
export interface Hub extends AsyncDisposable {
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
  readonly fetch: (request: RequestLike) => Promise<RuntimeResponse>;
  /**
   * Ends the pulls that are open, answers further requests with status 503, and resolves once the pushes that have begun are answered. The
   * store stays open. A hub also ends when its store is closed.
   *
   * @example
   * ```ts
   * await hub.close();
   * const request = new Request("https://example.org/sync/pull", { method: "POST", body: "{}" });
   * console.log((await hub.fetch(request)).status); // → 503
   * ```
   */
  close(): Promise<void>;
}

/**
 * Makes a store the hub of replicas: it alone orders the events of the streams that they follow, and decides their commands.
 *
 * @throws `invalid-argument` or `store-closed`.
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
  checkHubOptions(options);
  const { authenticate, clientName = nameOf, origins, limits = {}, ...rules } = options;
  const { bytes = 1 << 20, ruleTime = 10_000 } = limits;
  const context = contextOf(store);
  const core: HubCore<Client> = createHubCore(context, rules, limits, sleep);
  const pulls = createOpenPulls(limits.pulls ?? 20);
  const requests = createRate(limits.requests ?? 100, "requests", context.clock);
  const entries = createRate(limits.entriesPerSecond ?? 1_000, "commands and appends", context.clock);
  const pushes = new Set<Promise<unknown>>();
  const ending = createAbort();
  const ignoreClose = context.onClose(() => close());

  async function answer(request: RequestLike): Promise<MadeResponse> {
    let headers: Readonly<Record<string, string>> = {};
    try {
      headers = corsHeaders(request, origins);
      return await settle(request, headers);
    } catch (error) {
      const told = toTold(error);
      const after = error instanceof Refusal ? error.retryAfter : undefined;
      const again = after === undefined ? {} : { "retry-after": `${Math.ceil(after / 1_000)}` };
      return makeResponse(statusOf(told), { ...headers, ...again, "content-type": JSON_TYPE }, JSON.stringify(told));
    }
  }

  async function settle(request: RequestLike, headers: Readonly<Record<string, string>>): Promise<MadeResponse> {
    const verb = /\/(push|pull)\/?(?:\?.*)?$/.exec(request.url)?.[1];
    if (verb !== undefined && request.method === "OPTIONS" && "access-control-allow-origin" in headers)
      return makeResponse(204, { ...headers, ...preflightHeaders(request) }, null);
    if (verb === undefined || request.method !== "POST") throw new Refusal("not-found", "POST to /push or /pull");
    // Neither a rule nor a client that sends slowly holds up the end of the hub.
    const { client, name, message } = await orAborted(() => receive(request), ending.signal);
    refuseAborted(ending.signal);
    if (verb === "push") {
      entries.take(name, countEntries(message));
      return makeResponse(200, { ...headers, "content-type": JSON_TYPE }, JSON.stringify(await push(client, message)));
    }
    const body = await pulls.open(name, request.signal, (signal) => core.pull(client, message, signal));
    return makeResponse(
      200,
      { ...headers, "content-type": "application/x-ndjson" },
      body,
      mayCompress(request, message),
    );
  }

  async function receive(request: RequestLike): Promise<{ client: Client; name: string; message: unknown }> {
    const client = await inTime(() => authenticate(request), ruleTime, sleep);
    if (client === undefined || client === null || client === false)
      throw new Refusal("unauthorized", "these credentials are not accepted");
    const name = clientName(client);
    requests.take(name, 1);
    return { client, name, message: await readMessage(request, bytes) };
  }

  async function push(client: Client, message: unknown): Promise<unknown> {
    const answers = core.push(client, message);
    pushes.add(answers);
    try {
      return await answers;
    } finally {
      pushes.delete(answers);
    }
  }

  async function close(): Promise<void> {
    ending.abort(new Refusal("closed", "the hub is closed"));
    ignoreClose();
    pulls.close();
    await Promise.allSettled(pushes);
  }

  return { fetch: answer, close, [asyncDispose]: close };
}

const JSON_TYPE = "application/json";

function nameOf(client: unknown): string {
  return typeof client === "object" ? JSON.stringify(client) : `${client as string | bigint}`;
}

/** Only an answer that ends is compressed: what is compressed cannot be sent line by line. */
function mayCompress({ headers }: RequestLike, message: unknown): boolean {
  const { live, once } = message as PullMessage;
  return (
    (!live || once === true) && /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(headers.get("accept-encoding") ?? "")
  );
}

function countEntries(message: unknown): number {
  const { entries } = Object(message) as { readonly entries?: unknown };
  return Array.isArray(entries) ? entries.length : 0;
}
