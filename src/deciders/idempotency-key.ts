import { stringify } from "../events/json.ts";
import { invalidArgument } from "../errors.ts";
import type { StoredEvent } from "../event.ts";
import { uuidOf } from "./uuid-v5.ts";
import { createPager } from "../read/pager.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** An idempotency key of one stream. */
export interface CommandKey {
  /** Returns the id of the command's event at this index, which depends on the stream, the key and the index only. */
  idOf(index: number): string;
  /** Tells whether the command's first event is among these events. */
  isAmong(events: readonly StoredEvent[]): boolean;
  /** Resolves with the events stored under the key, or undefined if there are none. */
  find(): Promise<readonly StoredEvent[] | undefined>;
}

/** Makes the key of a command. @throws `invalid-argument`. */
export function commandKey(context: StoreContext, stream: string, key: string): CommandKey {
  if (typeof key !== "string" || key === "") {
    throw invalidArgument("idempotencyKey", "idempotencyKey must be a string of at least one character");
  }
  const idOf = (index: number): string => uuidOf(stringify([stream, key, index]));
  const first = idOf(0);

  async function find(): Promise<readonly StoredEvent[] | undefined> {
    for await (const event of from(0, [first])) return followersOf(event);
    return undefined;
  }

  /** Finds the command's other events, which directly follow the first, because they were appended together. */
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
    const pager = createPager(context, ids === undefined ? walk : { ...walk, filter: { ids } });
    for (let page = await pager.next(); page !== undefined; page = await pager.next()) yield* page;
  }

  return { idOf, find, isAmong: (events) => events.some(({ id }) => id === first) };
}
