import { stringify } from "../events/json.ts";
import type { CommandSource } from "./decider.ts";
import { invalidArgument } from "../errors.ts";
import type { StoredEvent } from "../event.ts";
import { uuidOf } from "./uuid-v5.ts";
import { createPager } from "../read/pager.ts";

/** What an idempotency key stands for in one stream. */
export interface CommandKey {
  /** The id of the command's event at this index: the same wherever and whenever the command is executed. */
  idOf(index: number): string;
  /** Whether the command's first event is among these. */
  isAmong(events: readonly StoredEvent[]): boolean;
  /** What was written under the key; undefined: nothing. */
  find(): Promise<readonly StoredEvent[] | undefined>;
}

/** Throws `invalid-argument`. */
export function commandKey(source: CommandSource, stream: string, key: string): CommandKey {
  if (typeof key !== "string" || key === "") {
    throw invalidArgument("idempotencyKey", "idempotencyKey must be a string of at least one character");
  }
  const idOf = (index: number): string => uuidOf(stringify([stream, key, index]));
  const first = idOf(0);

  async function find(): Promise<readonly StoredEvent[] | undefined> {
    for await (const event of from(0, [first])) return followersOf(event);
    return undefined;
  }

  /** A command's events were appended together, so that they follow each other. */
  async function followersOf(start: StoredEvent): Promise<readonly StoredEvent[]> {
    const found = [start];
    for await (const event of from(start.version)) {
      if (event.id !== idOf(found.length)) break;
      found.push(event);
    }
    return found;
  }

  async function* from(after: number, ids?: readonly string[]): AsyncGenerator<StoredEvent> {
    const walk = { stream, after, upTo: Number.MAX_SAFE_INTEGER, direction: "forward" } as const;
    const pager = createPager(source, ids === undefined ? walk : { ...walk, filter: { ids } });
    for (let page = await pager.next(); page !== undefined; page = await pager.next()) yield* page;
  }

  return { idOf, find, isAmong: (events) => events.some(({ id }) => id === first) };
}
