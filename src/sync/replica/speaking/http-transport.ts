import { EventStoreError, isEventStoreError } from "../../../errors.ts";
import { fromFailure } from "../../../storage/failure.ts";
import type { AbortSignalLike } from "../../../platform.ts";
import { readText, type FetchLike, type ResponseLike, type ToldError } from "../../http.ts";
import type { PullLine, PullMessage, PushAnswer, PushMessage, Transport } from "../../messages.ts";
import { askedAfter, pollLines } from "./poll-lines.ts";
import { noticingSilence, SILENCE } from "./silence.ts";
import { realTiming, type Timing } from "../../timing.ts";

/** How to reach a hub over HTTP. */
export interface HttpTransportOptions {
  /** The address of the hub. */
  readonly url: string;
  /** Returns the headers of each request, such as its authorization. Called again once if the hub refuses them. */
  readonly headers?: (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>) | undefined;
  /** Default: the runtime's own. */
  readonly fetch?: FetchLike | undefined;
  /**
   * "stream": new events arrive in a lasting response. "poll": by one request after another, each answered when there is something, for
   * proxies that pass on a response only when it is complete. "auto", the default: by a lasting response, and by polls where nothing
   * arrives of it; a lasting response is tried again after a while.
   */
  readonly mode?: "auto" | "stream" | "poll" | undefined;
}

/** How long a lasting response is waited for, and how it is measured. */
export interface HttpTransportTiming {
  readonly timing: Timing;
  /** After how many milliseconds without a first line, or without a later one, polls take its place; `later` may take `first` longer. */
  readonly first: number;
  readonly later: number;
  /** After how many polls a lasting response is tried again; twice as many each time. */
  readonly polls: number;
}

/** A hub gives a sign every 15 seconds, and its first line at once. */
const USUAL: HttpTransportTiming = { timing: realTiming, first: 10_000, later: 30_000, polls: 40 };

/** Errors that a hub tells, and that no other attempt would mend. */
const TOLD: ReadonlySet<string> = new Set(["hub-changed", "client-outdated", "unauthorized"]);

export function createHttpTransport(
  { url, headers, fetch = ownFetch, mode = "auto" }: HttpTransportOptions,
  clock: () => number,
  times: HttpTransportTiming = USUAL,
): Transport {
  /** Whether polls take the place of a lasting response for now. */
  let polling = false;
  /** How many lasting responses in a row brought nothing; one that was silent counts twice. */
  let failed = 0;
  let patience = times.polls;
  const base = url.replace(/\/$/, "");

  async function post(verb: "push" | "pull", message: unknown, signal: AbortSignalLike): Promise<ResponseLike> {
    for (let attempt = 1; ; attempt++) {
      const given = (await headers?.()) ?? {};
      const init = { method: "POST", headers: { ...given, ...JSON_HEADERS }, body: JSON.stringify(message) } as const;
      const response = await fetch(`${base}/${verb}`, { ...init, signal, cache: "no-store" });
      if (response.status === 200) return response;
      const error = withRetryAfter(await toldError(response), response);
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
    pull(message, signal) {
      if (mode === "stream") return lines(message, signal);
      return mode === "poll" ? pollLines(message, lines, signal) : either(message, signal);
    },
  };

  async function* lines(message: PullMessage, signal: AbortSignalLike): AsyncGenerator<PullLine> {
    const response = await post("pull", message, signal);
    let rest = "";
    for await (const piece of readText(response.body)) {
      const whole = (rest + piece).split("\n");
      rest = whole.pop() as string;
      for (const line of whole) if (line) yield readLine(line);
    }
    // A line that was cut off, or no hub's answer: reading it tells so.
    if (rest) yield readLine(rest);
  }

  /** By a lasting response, or by polls while nothing arrives of one. */
  async function* either(message: PullMessage, signal: AbortSignalLike): AsyncGenerator<PullLine> {
    let asked = message;
    for (;;) {
      if (!polling) {
        let heard = false;
        try {
          for await (const line of noticingSilence((cut) => lines(asked, cut), times, clock, signal)) {
            heard = true;
            yield line;
            asked = askedAfter(asked, line);
          }
          failed = 0;
          return;
        } catch (error) {
          if (signal.aborted) throw error;
          if (error !== SILENCE) {
            failed = heard || isEventStoreError(error) ? 0 : failed + 1;
            // The next attempt is a poll, since a proxy may end what it cannot pass on.
            polling = failed > 0;
            throw error;
          }
          failed += 2;
        }
      }
      // Known once a poll is answered: the hub may just be out of reach.
      polling = false;
      let left = failed > 1 ? patience : 1;
      for await (const line of pollLines(asked, lines, signal)) {
        polling = true;
        yield line;
        asked = askedAfter(asked, line);
        if (--left === 0) break;
      }
      if (left > 0) return;
      polling = false;
      if (failed > 1) patience *= 2;
    }
  }
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
    // A proxy has limits of its own, and pages of its own for errors.
    if (response.status === 413) return tooLarge("a proxy before the hub takes no request of this size");
    return new Error(`the hub answered with status ${response.status}`);
  }
}

/** Notes when the hub, or a proxy before it, wants to be asked again (https://httpwg.org/specs/rfc9110.html#field.retry-after). */
function withRetryAfter(error: Error, { headers }: ResponseLike): Error {
  const text = headers?.get("retry-after") ?? "";
  // A date is compared with the answer's own, if that may be read: the device's clock may be wrong.
  const date = (): number => Date.parse(text) - (Date.parse(headers?.get("date") ?? "") || Date.now());
  const retryAfter = /^[\d.]+$/.test(text) ? Number(text) * 1_000 : date();
  return retryAfter > 0 ? Object.assign(error, { retryAfter }) : error;
}

function fromTold({ error: { code, message } }: ToldError): Error {
  if (code === "too-large") return tooLarge(message);
  return TOLD.has(code) ? fromFailure({ code, message, details: {} }) : new Error(`the hub answered: ${message}`);
}

function tooLarge(message: string): Error {
  return new EventStoreError("entry-rejected", message, { id: "", reason: "too-large" });
}

const ownFetch: FetchLike = (url, init) => (globalThis as unknown as { fetch: FetchLike }).fetch(url, init);
