import { checkPrefix } from "../../../validate.ts";
import { EventStoreError, invalidArgument, mustBe } from "../../../errors.ts";
import { stringify } from "../../../events/json.ts";
import { withLazy } from "../../../lazy-property.ts";
import type { Enqueue, EnqueueOutcome, OutboxEntry } from "../../../storage/protocol.ts";
import type { StoreContext } from "../../../storage/store-context.ts";
import type { CommandKey } from "../../../deciders/idempotency-key.ts";
import type { PushedAppend, PushedEntry } from "../../messages.ts";
import { streamsOf } from "../../streams-of.ts";
import type { Queued } from "../stream-methods.ts";

/** What an entry is queued with. */
interface QueueParts {
  readonly context: StoreContext;
  /** The most entries of the outbox. */
  readonly most: number;
}

/** How an entry is queued. */
interface QueueOptions {
  /** The generation that it was decided at. */
  readonly generation?: number;
  /** The id of the rejected entry that it replaces. */
  readonly replaces?: string | undefined;
}

/** Asks the storage to put an entry into the outbox. */
export function toEnqueue(
  { context, most }: QueueParts,
  identity: Pick<OutboxEntry, "id" | "ids">,
  pushed: PushedEntry,
  { generation, replaces }: QueueOptions,
): Enqueue {
  const entry = { ...identity, streams: streamsOf(pushed), body: stringify(pushed), timestamp: context.clock() };
  return {
    entry,
    most,
    ...(generation !== undefined && { generation }),
    ...(replaces !== undefined && { replaces }),
  };
}

/** What the caller gets of a queued entry: made when it is looked at, since most callers look at little of it. */
export function toQueued(id: string, events: () => Queued["events"], confirmed: () => Queued["confirmed"]): Queued {
  return withLazy({ id }, { events, confirmed });
}

/** The error for an entry that was not put into the outbox. */
export function refusalOf(
  outcome: Exclude<EnqueueOutcome, { outcome: "queued" | "known" | "moved" }>,
  most: number,
): EventStoreError {
  switch (outcome.outcome) {
    case "full": {
      const { entries } = outcome;
      const message = `the outbox holds ${entries} commands and appends, and may hold ${most}: wait for the hub`;
      return new EventStoreError("outbox-full", message, { entries });
    }
    case "not-followed":
      return mustBe("stream", `one that the replica follows, which "${outcome.stream}" is not`);
    default:
      return invalidArgument("id", "no rejected command or append has this id");
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

/** Checks the key of a command or an append, which is sent to the hub. @throws `invalid-argument`. */
export function checkKey(key: unknown): void {
  // Like a prefix, but not empty.
  checkPrefix(key === "" ? null : key, "key");
}
