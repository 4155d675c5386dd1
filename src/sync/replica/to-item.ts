import type { OutboxEntry } from "../../storage/protocol.ts";
import type { PushedEntry, Reason } from "../messages.ts";
import type { OutboxItem } from "./status/status.ts";

/** An entry as the application is told of it. */
export function toItem({ id, streams, body, timestamp, rejected }: OutboxEntry): OutboxItem {
  const item = { id, streams, entry: JSON.parse(body) as PushedEntry, timestamp };
  return rejected === null ? item : { ...item, rejected: JSON.parse(rejected) as Reason };
}
