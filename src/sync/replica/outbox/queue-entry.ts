import { EventStoreError, invalidArgument, mustBe } from "../../../errors.ts";
import { stringify } from "../../../events/json.ts";
import type { OutboxEntry, SyncStorage } from "../../../storage/protocol.ts";
import type { StoreContext } from "../../../storage/store-context.ts";
import type { CommandKey } from "../../../deciders/idempotency-key.ts";
import type { PushedAppend, PushedEntry } from "../../messages.ts";
import { streamsOf } from "../../streams-of.ts";
import type { Outbox } from "../outbox.ts";

/** What queueing needs. */
export interface QueueParts {
  readonly context: StoreContext;
  readonly sync: SyncStorage;
  readonly outbox: Outbox;
  /** The most entries of the outbox. */
  readonly most: number;
}

/** How an entry is queued. */
interface QueueOptions {
  /** The generation that it was decided at. */
  readonly generation?: number;
  /** The id of the rejected entry that it replaces. */
  readonly replaces?: string;
}

/**
 * Puts an entry into the outbox. Resolves with "moved" if the outbox or the events have changed since the entry was decided.
 *
 * @throws `outbox-full`; `invalid-argument` if the entry to replace is not there.
 */
export async function queueEntry(
  { context, outbox, most }: QueueParts,
  identity: Pick<OutboxEntry, "id" | "ids">,
  pushed: PushedEntry,
  options: QueueOptions = {},
): Promise<"queued" | "known" | "moved"> {
  const entry = { ...identity, streams: streamsOf(pushed), body: stringify(pushed) };
  const result = await outbox.enqueue({ entry: { ...entry, timestamp: context.clock() }, most, ...options });
  switch (result.outcome) {
    case "full": {
      const message = `the outbox holds ${result.entries} commands and appends, and may hold ${most}: wait for the hub`;
      throw new EventStoreError("outbox-full", message, { entries: result.entries });
    }
    case "not-followed":
      throw mustBe("stream", `one that the replica follows, which "${result.stream}" is not`);
    case "gone":
      throw invalidArgument("id", "no rejected command or append has this id");
    default:
      return result.outcome;
  }
}

/** The id of an append, and the ids of the events that confirm it. */
export function identityOf({ key, entries }: PushedAppend): Pick<OutboxEntry, "id" | "ids"> {
  return { id: key, ids: entries.flatMap(({ events }) => events.map(({ id }) => id)) };
}

/** The same of a command: the id of its first event alone, since the hub may decide on any number. */
export function identityOfCommand({ idOf }: Pick<CommandKey, "idOf">): Pick<OutboxEntry, "id" | "ids"> {
  const id = idOf(0);
  return { id, ids: [id] };
}
