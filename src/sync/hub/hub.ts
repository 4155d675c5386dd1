import { isEventStoreError, messageOf } from "../../errors.ts";
import type { AbortSignalLike } from "../../platform.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import { createNotifier } from "../../subscriptions/notifier.ts";
import { checkEntry, checkPush } from "../check-messages.ts";
import type { EntryAnswer, PullLine, PushAnswer, PushedEntry, Reason } from "../messages.ts";
import { streamsOf } from "../streams-of.ts";
import { compareSchemas, schemasOf } from "../schemas.ts";
import type { HubLimits, HubRules } from "./hub-options.ts";
import { createMemory } from "./memory.ts";
import { createMarks } from "./marks.ts";
import { pullLines } from "./pull-lines.ts";
import { checkRules, type Wait } from "./rules.ts";
import { createShareLine } from "./shared-lines.ts";
import { later, settleEntry } from "./settle-entry.ts";

/** For how long results are kept by default, in milliseconds. */
const HORIZON = 90 * 24 * 3_600_000;

/** A hub, apart from the network. */
export interface HubCore<Client> {
  /**
   * Decides the entries of a client in their order.
   *
   * @throws `hub-changed` if the replica knows another history; `client-outdated`, `invalid-argument` or `invalid-event`.
   */
  push(client: Client, message: unknown): Promise<PushAnswer>;
  /** Reads the events that a client may follow: history, and new events if the message asks for them. Rejects like `push`. */
  pull(client: Client, message: unknown, signal: AbortSignalLike): AsyncGenerator<PullLine>;
}

/** Makes a hub of an open store. `wait` resolves after so many milliseconds, and rejects with the signal's reason. */
export function createHubCore<Client>(
  context: StoreContext,
  rules: HubRules<Client>,
  { entries: mostEntries = 100, heartbeat = 15_000, ruleTime = 10_000, horizon = HORIZON }: HubLimits,
  wait: Wait,
): HubCore<Client> {
  const { storage, pause } = context;
  // Replicas get events as they are stored, not as the hub's definitions upcast them.
  const raw: StoreContext = { ...context, format: undefined, notifier: createNotifier({ storage, pause }) };
  const checked = checkRules(rules, ruleTime, wait);
  const marks = createMarks(raw);
  const share = createShareLine();
  const memory = createMemory(horizon);
  const own = schemasOf(context);

  async function push(client: Client, message: unknown): Promise<PushAnswer> {
    const { lineage, places, entries, ages = [], schemas } = checkPush(message);
    const isOlder = compareSchemas(schemas, own);
    await marks.ownLineage(lineage, places);
    const answers: EntryAnswer[] = [];
    const blocked = new Set<string>();
    for (const [index, entry] of entries.entries()) {
      const reason = whyMalformed(entry, `push.entries[${index}]`);
      if (reason !== undefined) {
        answers.push({ outcome: "refused", reason });
        continue;
      }
      const streams = streamsOf(entry);
      const answer =
        index >= mostEntries || streams.some((stream) => blocked.has(stream))
          ? later({ code: "blocked", message: "an earlier entry is still to be decided" })
          : await settleEntry({ context, rules, checked, memory, isOlder }, client, entry, ages[index]).catch(trouble);
      if (answer.outcome === "later") for (const stream of streams) blocked.add(stream);
      answers.push(answer);
    }
    return { answers };
  }

  return {
    push,
    pull: (client, message, signal) =>
      pullLines(
        { context: raw, marks, share, heartbeat, wait, own, mayFollow: (stream) => checked.mayFollow(client, stream) },
        message,
        signal,
      ),
  };
}

/** An entry that is malformed would be so for ever, and must not hold up the others. */
function whyMalformed(entry: PushedEntry, path: string): Reason | undefined {
  try {
    checkEntry(entry, path);
    return undefined;
  } catch (error) {
    return { code: isEventStoreError(error) ? error.code : "invalid-argument", message: messageOf(error) };
  }
}

/** What a rule of the application has thrown is not told to clients. */
function trouble(error: unknown): EntryAnswer {
  if (isEventStoreError(error)) return later({ code: error.code, message: error.message });
  return later({ code: "unexpected", message: "the hub failed unexpectedly" });
}
