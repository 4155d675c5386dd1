import { EventStoreError, isEventStoreError } from "../errors.ts";
import { fromFailure } from "../storage/failure.ts";
import type { AbortSignalLike } from "../platform.ts";
import { readText, type FetchLike, type ResponseLike, type ToldError } from "./http.ts";
import type { PullLine, PullMessage, PushAnswer, PushMessage, Transport } from "./messages.ts";

/** How to reach a hub over HTTP. */
export interface HttpTransportOptions {
  /** The address of the hub. */
  readonly url: string;
  /** Returns the headers of each request, such as its authorization. Called again once if the hub refuses them. */
  readonly headers?: (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>) | undefined;
  /** Default: the runtime's own. */
  readonly fetch?: FetchLike | undefined;
  /**
   * "stream": new events arrive in a lasting response. "poll": by one request after another, for proxies that pass on a response only
   * when it is complete. Default "stream".
   */
  readonly mode?: "stream" | "poll" | undefined;
}

/** Errors that a hub tells, and that no other attempt would mend. */
const TOLD: ReadonlySet<string> = new Set(["hub-changed", "client-outdated", "unauthorized"]);

/** The pause between two polls, in milliseconds, is the hub's: it answers when there is something, or after a time. */
export function createHttpTransport({
  url,
  headers,
  fetch = ownFetch,
  mode = "stream",
}: HttpTransportOptions): Transport {
  const base = url.replace(/\/$/, "");

  async function post(verb: "push" | "pull", message: unknown, signal: AbortSignalLike): Promise<ResponseLike> {
    for (let attempt = 1; ; attempt++) {
      const given = (await headers?.()) ?? {};
      const init = { method: "POST", headers: { ...given, ...JSON_HEADERS }, body: JSON.stringify(message) } as const;
      const response = await fetch(`${base}/${verb}`, { ...init, signal, cache: "no-store" });
      if (response.status === 200) return response;
      const error = await toldError(response);
      // Credentials may have expired: they are asked for anew once.
      if (attempt === 1 && isEventStoreError(error, "unauthorized") && headers !== undefined) continue;
      throw error;
    }
  }

  return {
    async push(message: PushMessage, signal) {
      let text = "";
      for await (const piece of readText((await post("push", message, signal)).body)) text += piece;
      return JSON.parse(text) as PushAnswer;
    },
    async *pull(message: PullMessage, signal) {
      const asked = mode === "poll" ? { ...message, once: true } : message;
      const response = await post("pull", asked, signal);
      let rest = "";
      for await (const piece of readText(response.body)) {
        const lines = (rest + piece).split("\n");
        rest = lines.pop() ?? "";
        // What is left at the end is a line that was cut off.
        for (const line of lines) if (line !== "") yield readLine(line);
      }
    },
  };
}

const JSON_HEADERS = { "content-type": "application/json", accept: "application/x-ndjson" };

/** A line of events, or the error that ended the pull at the hub. */
function readLine(line: string): PullLine {
  const parsed = JSON.parse(line) as PullLine | ToldError;
  if ("error" in parsed) throw fromTold(parsed);
  return parsed;
}

async function toldError(response: ResponseLike): Promise<Error> {
  let text = "";
  for await (const piece of readText(response.body)) text += piece;
  if (response.status === 401)
    return new EventStoreError("unauthorized", "the hub does not accept these credentials", {});
  try {
    return fromTold(JSON.parse(text) as ToldError);
  } catch {
    return new Error(`the hub answered with status ${response.status}`);
  }
}

function fromTold({ error: { code, message } }: ToldError): Error {
  if (code === "too-large") return new EventStoreError("entry-rejected", message, { id: "", reason: code });
  return TOLD.has(code) ? fromFailure({ code, message, details: {} }) : new Error(`the hub answered: ${message}`);
}

const ownFetch: FetchLike = (url, init) => (globalThis as unknown as { fetch: FetchLike }).fetch(url, init);
