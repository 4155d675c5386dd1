import { isEventStoreError } from "../../errors.ts";
import type { ToldError } from "../http.ts";

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
  "too-many-requests": 429,
};

/** An answer that is not about events. */
export class Refusal extends Error {
  readonly code: string;
  /** After how many milliseconds it may be tried again. */
  readonly retryAfter: number | undefined;

  constructor(code: string, message: string, retryAfter?: number) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

export function statusOf({ error: { code } }: ToldError): number {
  return STATUS[code] ?? 503;
}

/** What a client is told of an error. What the application's rules have thrown is not told. */
export function toTold(error: unknown): ToldError {
  if (isEventStoreError(error) || error instanceof Refusal) {
    const details = isEventStoreError(error, "client-outdated") ? { details: error.details } : {};
    return { error: { code: error.code, message: error.message, ...details } };
  }
  return { error: { code: "unexpected", message: "the hub failed unexpectedly: try again later" } };
}
