import { isEventStoreError, messageOf } from "../../errors.ts";
import type { StoredEvent } from "../../event.ts";
import { createAbort, onAbort, type AbortSignalLike } from "../../platform.ts";
import { eventAt } from "../../read/event-at.ts";
import type { FollowedRecord, HubPlace } from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import { covers } from "../../storage/sync-rules.ts";
import { createNotifier } from "../../subscriptions/notifier.ts";
import { subscribe } from "../../subscriptions/subscription.ts";
import { checkPull, checkPush } from "../check-messages.ts";
import { hubChanged, markOf, streamsOf, toRow, type EntryAnswer, type PullLine, type PushAnswer } from "../messages.ts";
import type { HubLimits, HubRules } from "./hub-options.ts";
import { later, settleEntry } from "./settle-entry.ts";

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
  { entries: mostEntries = 100, heartbeat = 15_000 }: HubLimits,
  wait: (milliseconds: number, signal: AbortSignalLike) => Promise<void>,
): HubCore<Client> {
  const { storage, pause } = context;
  // Replicas get events as they are stored, not as the hub's definitions upcast them.
  const raw: StoreContext = { ...context, format: undefined, notifier: createNotifier({ storage, pause }) };

  async function markAt(lineage: string, position: number, last?: StoredEvent): Promise<string | null> {
    if (position === 0) return null;
    return markOf(lineage, last?.position === position ? last : await eventAt(raw, position));
  }

  /** Makes sure that the replica's history is this hub's. Resolves with the hub's lineage. */
  async function ownLineage(known: string | null, places: readonly HubPlace[]): Promise<string> {
    const { lineage } = await storage.info();
    if (known !== null && known !== lineage) throw hubChanged("the hub has another lineage");
    const head = await storage.head();
    for (const { position, mark } of new Map(places.map((place) => [place.position, place])).values()) {
      if (position > head) throw hubChanged(`the hub ends at position ${head}, before ${position}`);
      if ((await markAt(lineage, position)) !== mark) throw hubChanged(`the hub has another event at ${position}`);
    }
    return lineage;
  }

  async function push(client: Client, message: unknown): Promise<PushAnswer> {
    const { lineage, places, entries } = checkPush(message);
    await ownLineage(lineage, places);
    const answers: EntryAnswer[] = [];
    const blocked = new Set<string>();
    for (const [index, entry] of entries.entries()) {
      const streams = streamsOf(entry);
      const answer =
        index >= mostEntries || streams.some((stream) => blocked.has(stream))
          ? later({ code: "blocked", message: "an earlier entry is still to be decided" })
          : await settleEntry(context, rules, client, entry).catch(trouble);
      if (answer.outcome === "later") for (const stream of streams) blocked.add(stream);
      answers.push(answer);
    }
    return { answers };
  }

  async function* pull(client: Client, message: unknown, signal: AbortSignalLike): AsyncGenerator<PullLine> {
    const { lineage: known, items, live, once = false } = checkPull(message);
    const lineage = await ownLineage(known, items);
    const mayFollow = (stream: string): boolean => rules.mayFollow?.(client, stream) ?? true;
    const withheld = (): string[] =>
      items.filter(({ kind, name }) => kind === "stream" && !mayFollow(name)).map(({ name }) => name);
    const gone = withheld();
    const given = items.filter(({ kind, name }) => kind === "prefix" || !gone.includes(name));
    const start = given.length === 0 ? await storage.head() : Math.min(...given.map((item) => item.position));
    const subscription = subscribe(raw, {}, start, true);
    const beats = createBeats(heartbeat, wait, signal);
    let position = start;
    let sent = start;
    let announced = false;
    let due = false;
    try {
      for (;;) {
        const batch = await subscription.next();
        position = batch?.position ?? position;
        if (signal.aborted) throw signal.reason;
        // The replica asks again, since its places differ from stream to stream now.
        if (withheld().join("\n") !== gone.join("\n")) return;
        const events = (batch?.events ?? []).filter((event) => isAsked(given, event) && mayFollow(event.stream));
        const caughtUp = announced || batch === undefined;
        if (events.length > 0 || (batch === undefined && (due || !announced))) {
          const place = { position, mark: await markAt(lineage, position, batch?.events.at(-1)) };
          const head = caughtUp ? position : Math.max(position, await storage.head());
          yield { lineage, after: sent, events: events.map(toRow), place, head, caughtUp, gone };
          sent = position;
          if (once) return;
        }
        due = false;
        if (batch !== undefined) continue;
        announced = true;
        if (!live) return;
        due = await beats.or(subscription.news());
      }
    } finally {
      beats.stop();
      subscription.stop();
    }
  }

  return { push, pull };
}

/** Whether a replica has asked for an event. */
function isAsked(items: readonly FollowedRecord[], { stream, position }: StoredEvent): boolean {
  return items.some((item) => item.position < position && covers(item, stream));
}

function trouble(error: unknown): EntryAnswer {
  return later({ code: isEventStoreError(error) ? error.code : "unexpected", message: messageOf(error) });
}

/** The heartbeat of a live pull: one timer at a time. */
function createBeats(
  interval: number,
  wait: (milliseconds: number, signal: AbortSignalLike) => Promise<void>,
  signal: AbortSignalLike,
): { or(news: Promise<void>): Promise<boolean>; stop(): void } {
  const ended = createAbort();
  const ignore = onAbort(signal, () => ended.abort(signal.reason));
  let beat: Promise<boolean> | undefined;
  return {
    /** Resolves with true if it is time for a heartbeat, and with false if there is news before. */
    async or(news) {
      beat ??= wait(interval, ended.signal).then(() => true);
      const due = await Promise.race([news.then(() => false), beat]);
      if (due) beat = undefined;
      return due;
    },
    stop() {
      ignore();
      beat?.catch(() => undefined);
      ended.abort();
    },
  };
}
