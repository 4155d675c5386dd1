import type { StorageNews, SyncStorage } from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import { createCondition, type Condition } from "../../async/condition.ts";
import { toView, type OutboxView } from "./outbox-view.ts";

/** The entries of one page of the outbox. */
const PAGE = 500;

/** What this client knows of the outbox, which it shares with other tabs and processes. */
export interface Outbox {
  /** Resolves with the outbox: read again once it has changed. */
  view(): Promise<OutboxView>;
  /**
   * Calls something that changes it. `next` makes the newest view into the one after the call; if it returns undefined, because something
   * else may have changed, the outbox is read again.
   */
  change<T>(call: () => Promise<T>, next: (result: T, last: OutboxView) => OutboxView | undefined): Promise<T>;
  /** Whether an entry is in it and not rejected: true only if that is known, and nothing newer is being read. */
  has(id: string): boolean;
  /** Reads it again the next time, because this client has changed it. */
  changed(): void;
  /** Rises whenever the outbox or a stored event may have changed. */
  changes(): number;
  /** Notified at every change. */
  readonly news: Condition;
  /** Notifies once more, and ignores all later news: from then on, every view is read. */
  stop(): void;
}

/** Watches the outbox, by whatever client it is changed. */
export function createOutbox({ storage }: StoreContext, sync: SyncStorage): Outbox {
  const news = createCondition();
  let changes = 0;
  let known: Promise<OutboxView> | undefined;
  /** What `known` has resolved with; undefined while that is being read. */
  let current: OutboxView | undefined;
  /** The newest view. What this client changes is changed in it without reading it again. */
  let last: OutboxView | undefined;
  /** How many calls of this client change it, and the newest generation that was told meanwhile: it may be that of one of them. */
  let changing = 0;
  let told = 0;
  /** How many readings go on. */
  let reads = 0;
  let epoch = 0;
  let stopped = false;
  const ignoreNews = storage.onChange(
    (one: StorageNews) => {
      // After a reconnection, news may have been lost.
      if (one.epoch !== epoch) [last, told] = [undefined, 0];
      epoch = one.epoch;
      told = Math.max(told, one.replica ?? 0);
      // What is being changed is told once it is known.
      if (changing === 0) refresh(false);
    },
    () => refresh(true),
  );

  /** Tells of a change. The outbox is read again the next time: always, or unless it is known at the generation that was told. */
  function refresh(always: boolean): void {
    // What is added to an older reading would hide the change from whoever compares readings.
    if (always) last = undefined;
    if (last === undefined || (changing === 0 && last.generation < told)) [known, current] = [undefined, undefined];
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
      if (last === undefined || last.generation <= generation) last = toView(generation, items, entries);
      return last;
    }
  }

  function view(): Promise<OutboxView> {
    if (known === undefined || stopped) {
      const reading = read();
      [known, current] = [reading, undefined];
      reads += 1;
      reading.then(
        (found) => {
          reads -= 1;
          // Unless something newer is being read, or known.
          if (known === reading || (current !== undefined && current.generation < found.generation)) keep(found);
        },
        () => {
          reads -= 1;
          // A failure is not kept.
          if (known === reading) known = undefined;
        },
      );
    }
    return known;
  }

  function keep(found: OutboxView): void {
    [known, current] = [Promise.resolve(found), found];
  }

  return {
    view,
    async change(call, next) {
      changing += 1;
      let changed: OutboxView | undefined;
      try {
        const result = await call();
        changed = last && next(result, last);
        if (changed !== undefined) keep((last = changed));
        return result;
      } finally {
        changing -= 1;
        refresh(changed === undefined);
      }
    },
    has: (id) => reads === 0 && current?.reading.byId().get(id)?.rejected === null,
    changed: () => refresh(true),
    news,
    changes: () => changes,
    stop() {
      stopped = true;
      ignoreNews();
      refresh(false);
    },
  };
}
