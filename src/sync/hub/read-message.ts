import { EventStoreError } from "../../errors.ts";
import { encodeUtf8 } from "../../platform.ts";
import { readText, type RequestLike } from "../http.ts";
import { Refusal } from "./refusals.ts";

/** How many times the limit of a request is read, at most. */
const DISCARDED = 8;

/**
 * Reads a request's body as JSON. What is too large is not kept, but read on for a while: an answer that comes while a client is still
 * sending is not read by every client.
 */
export async function readMessage({ body }: RequestLike, most: number): Promise<unknown> {
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
