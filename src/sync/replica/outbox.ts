import type {
  Enqueue,
  EnqueueOutcome,
  FollowedItem,
  OutboxEntry,
  StorageNews,
  SyncStorage,
} from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import { covers } from "../../storage/sync-rules.ts";
import { createCondition, type Condition } from "../../async/condition.ts";

/** The entries of one page of the outbox. */
const PAGE = 500;

/** The outbox, and what is followed, as they were at a generation. */
export interface OutboxView {
  readonly generation: number;
  readonly entries: readonly OutboxEntry[];
  readonly items: readonly FollowedItem[];
  /** Tells whether one of these items covers a stream. */
  follows(stream: string): boolean;
  /** Identifies the reading that it comes from: a later view of the same reading only has further entries. */
  readonly reading: object;
}

/** The entries of a view, and the reading that they come from. */
export type EntriesRead = Pick<OutboxView, "entries" | "reading">;

/** What this client knows of the outbox, which it shares with other tabs and processes. */
export interface Outbox {
  /** Resolves with the outbox: read again once it has changed. */
  view(): Promise<OutboxView>;
  /** Resolves with its entries at a generation, or at a later one. */
  since(generation: number): Promise<readonly OutboxEntry[]>;
  /** Puts an entry into it. */
  enqueue(request: Enqueue): Promise<EnqueueOutcome>;
  /** Reads it again the next time, because this client has changed it. */
  changed(): void;
  /** Rises whenever the outbox or a stored event may have changed. */
  readonly changes: number;
  /** Notified at every change. */
  readonly news: Condition;
  /** Ignores all later news: from then on, every view is read. */
  stop(): void;
}

/** Watches the outbox, by whatever client it is changed. */
export function createOutbox({ storage }: StoreContext, sync: SyncStorage): Outbox {
  const news = createCondition();
  let changes = 0;
  let known: Promise<OutboxView> | undefined;
  /** The newest view. An entry that this client queues is added to it without reading it again. */
  let last: OutboxView | undefined;
  /** How many entries this client is queueing, and the newest generation that was told meanwhile: it may be that of one of them. */
  let queueing = 0;
  let told = 0;
  let epoch = 0;
  let stopped = false;
  const ignoreNews = storage.onChange(
    (one: StorageNews) => {
      // After a reconnection, news may have been lost.
      if (one.epoch !== epoch) [last, told] = [undefined, 0];
      epoch = one.epoch;
      told = Math.max(told, one.replica ?? 0);
      refresh(false);
    },
    () => refresh(true),
  );

  /** Tells of a change. The outbox is read again the next time: always, or unless it is known at the generation that was told. */
  function refresh(always: boolean): void {
    if (always || last === undefined || (queueing === 0 && last.generation < told)) known = undefined;
    changes += 1;
    news.notify();
  }

  async function read(): Promise<OutboxView> {
    for (;;) {
      const first = await sync.listEntries({ after: 0, limit: PAGE });
      const entries = [...first.entries];
      let page = first;
      while (!page.done && page.generation === first.generation) {
        page = await sync.listEntries({ after: entries.at(-1)?.number ?? 0, limit: PAGE });
        entries.push(...page.entries);
      }
      const { generation, items } = await sync.loadReplica();
      if (page.generation !== first.generation || generation !== first.generation) continue;
      const follows = (stream: string): boolean => items.some((item) => covers(item, stream));
      const found = { generation, entries, items, follows, reading: {} };
      if (last === undefined || last.generation < generation) last = found;
      return found;
    }
  }

  function view(): Promise<OutboxView> {
    if (known === undefined || stopped) {
      const reading = read();
      known = reading;
      // A failure is not kept.
      reading.catch(() => {
        if (known === reading) known = undefined;
      });
    }
    return known;
  }

  /** Adds an entry that this client has queued. Returns whether the newest view has it then, because nothing else has changed. */
  function add(request: Enqueue, { as }: Extract<EnqueueOutcome, { outcome: "queued" }>): boolean {
    if (as === undefined || last === undefined) return false;
    if (last.generation >= as.generation) return true;
    if (last.generation + 1 < as.generation) return false;
    const entry = { ...request.entry, number: as.number, rejected: null };
    last = { ...last, generation: as.generation, entries: [...last.entries, entry] };
    known = Promise.resolve(last);
    return true;
  }

  return {
    view,
    async enqueue(request) {
      queueing += 1;
      let isKnown = false;
      try {
        const result = await sync.enqueue(request);
        isKnown = result.outcome === "queued" && add(request, result);
        return result;
      } finally {
        queueing -= 1;
        refresh(!isKnown);
      }
    },
    async since(generation) {
      const now = await view();
      if (now.generation >= generation) return now.entries;
      refresh(true);
      return (await view()).entries;
    },
    changed: () => refresh(true),
    news,
    get changes() {
      return changes;
    },
    stop() {
      stopped = true;
      ignoreNews();
    },
  };
}

/** Whether the entries of a view are those of an earlier one, and further ones after them. */
export function isAddedTo(earlier: EntriesRead | undefined, { entries, reading }: EntriesRead): boolean {
  return earlier?.reading === reading && earlier.entries.length <= entries.length;
}
