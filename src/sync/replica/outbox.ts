import type { FollowedItem, OutboxEntry, StorageNews, SyncStorage } from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import { createCondition, type Condition } from "../../async/condition.ts";

/** The entries of one page of the outbox. */
const PAGE = 500;

/** The outbox, and what is followed, as they were at a generation. */
export interface OutboxView {
  readonly generation: number;
  readonly entries: readonly OutboxEntry[];
  readonly items: readonly FollowedItem[];
}

/** What this client knows of the outbox, which it shares with other tabs and processes. */
export interface Outbox {
  /** Resolves with the outbox: read again once it has changed. */
  view(): Promise<OutboxView>;
  /** Resolves with its entries at a generation, or at a later one. */
  since(generation: number): Promise<readonly OutboxEntry[]>;
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
  let epoch = 0;
  let stopped = false;
  const ignoreNews = storage.onChange(
    (told: StorageNews) => {
      // After a reconnection, news may have been lost.
      if (told.replica !== undefined || told.epoch !== epoch) changed();
      else moved();
      epoch = told.epoch;
    },
    () => changed(),
  );

  function changed(): void {
    known = undefined;
    moved();
  }

  function moved(): void {
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
      if (page.generation === first.generation && generation === first.generation)
        return { generation, entries, items };
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

  return {
    view,
    async since(generation) {
      const now = await view();
      if (now.generation >= generation) return now.entries;
      changed();
      return (await view()).entries;
    },
    changed,
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
