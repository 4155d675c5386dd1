import type { IncomingMessage, ServerResponse } from "node:http";
import { isEventStoreError } from "rivulet";
import { describe } from "rivulet/adapter";
import { parseStrictJson } from "rivulet/ndjson";
import { Refusal } from "../counter/commands.ts";
import type { CounterService } from "../counter/service.ts";
import { onGone } from "./gone.ts";
import { METHODS } from "./methods.ts";

const LONGEST_BODY = 10_000;

/** An error as it is sent; the page converts it back. */
interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly details?: unknown;
}

/**
 * Answers a call with lines of JSON: `{ progress }`, any number of times, and then `{ result }` or `{ failure }`.
 * Closing the connection aborts the call.
 */
export async function answerCall(
  service: CounterService,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = METHODS.get(name);
  if (method === undefined) return void response.writeHead(404).end();
  if (request.method !== "POST") return void response.writeHead(405, { allow: "POST" }).end();
  if (request.headers["content-type"] !== "application/json") return void response.writeHead(415).end();
  if (Number(request.headers["content-length"] ?? 0) > LONGEST_BODY) {
    return void response.writeHead(413, { connection: "close" }).end();
  }
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  const gone = new AbortController();
  onGone(response, () => gone.abort(new Error("the caller hung up")));
  const say = (line: object): void => void response.write(`${JSON.stringify(line)}\n`);
  try {
    const given = argumentsOf(await bodyOf(request));
    const result = await method(service, given, {
      onProgress: (progress) => say({ progress }),
      signal: gone.signal,
    });
    say({ result });
  } catch (error) {
    say({ failure: toFailure(error) });
  }
  response.end();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const part of request.setEncoding("utf8")) {
    body += part as string;
    if (body.length > LONGEST_BODY) throw new Refusal("That is too long.");
  }
  return body;
}

function argumentsOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const given = parseStrictJson(body);
    if (typeof given === "object" && given !== null) return given as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (isEventStoreError(error)) throw new Refusal(error.message);
    // Reported below, like any other body that is not an object.
  }
  throw new Refusal("A JSON object was expected.");
}

function toFailure(error: unknown): Failure {
  const { name, message } = error instanceof Error ? error : new Error(describe(error));
  return isEventStoreError(error) ? { name, message, code: error.code, details: error.details } : { name, message };
}
