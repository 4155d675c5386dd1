import { EventStoreError, invalidArgument, mustBe } from "../../../errors.ts";
import { stringify } from "../../../events/json.ts";
import type { OutboxEntry, SyncStorage } from "../../../storage/protocol.ts";
import type { StoreContext } from "../../../storage/store-context.ts";
import { commandKey } from "../../../deciders/idempotency-key.ts";
import { streamsOf, type PushedEntry } from "../../messages.ts";
import type { Outbox } from "./outbox.ts";

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
  pushed: PushedEntry,
  options: QueueOptions = {},
): Promise<"queued" | "known" | "moved"> {
  const entry = { ...identityOf(context, pushed), streams: streamsOf(pushed), body: stringify(pushed) };
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

/** The id of an entry, and the ids of the events that confirm it: of a command the first, since the hub may decide on any number. */
export function identityOf(context: StoreContext, pushed: PushedEntry): Pick<OutboxEntry, "id" | "ids"> {
  if (pushed.kind === "append")
    return { id: pushed.key, ids: pushed.entries.flatMap(({ events }) => events.map(({ id }) => id)) };
  const first = commandKey(context, pushed.stream, pushed.key).idOf(0);
  return { id: first, ids: [first] };
}
