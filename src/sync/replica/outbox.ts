import type { Enqueue, EnqueueOutcome, OutboxEntry, StorageNews, SyncStorage } from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import { createCondition, type Condition } from "../../async/condition.ts";
import { toView, withEntry, type OutboxView, type Reading } from "./outbox-view.ts";

/** The entries of one page of the outbox. */
const PAGE = 500;

/** The outcome of an entry that was to be queued. */
export interface QueueOutcome {
  readonly outcome: EnqueueOutcome;
  /** The entry, if it was added to the reading of a view: nothing else has changed then. */
  readonly added?: { readonly entry: OutboxEntry; readonly to: Reading };
}

/** What this client knows of the outbox, which it shares with other tabs and processes. */
export interface Outbox {
  /** Resolves with the outbox: read again once it has changed. */
  view(): Promise<OutboxView>;
  /** Puts entries into it, up to the first that is not queued. */
  enqueue(requests: readonly Enqueue[]): Promise<readonly QueueOutcome[]>;
  /** Whether an entry is in it: true only if that is known, and nothing newer is being read. */
  has(id: string): boolean;
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
  /** What `known` has resolved with; undefined while that is being read. */
  let current: OutboxView | undefined;
  /** The newest view. An entry that this client queues is added to it without reading it again. */
  let last: OutboxView | undefined;
  /** How many entries this client is queueing, and the newest generation that was told meanwhile: it may be that of one of them. */
  let queueing = 0;
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
      // What is being queued is told once it is known.
      if (queueing === 0) refresh(false);
    },
    () => refresh(true),
  );

  /** Tells of a change. The outbox is read again the next time: always, or unless it is known at the generation that was told. */
  function refresh(always: boolean): void {
    // What is added to an older reading would hide the change from whoever compares readings.
    if (always) last = undefined;
    if (last === undefined || (queueing === 0 && last.generation < told)) [known, current] = [undefined, undefined];
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

  /** Adds an entry that this client has queued to the newest view, if nothing else has changed. */
  function add({ entry }: Enqueue, outcome: EnqueueOutcome): QueueOutcome {
    if (outcome.outcome !== "queued" || outcome.as === undefined) return { outcome };
    const { number, generation } = outcome.as;
    if (last === undefined || last.generation + 1 !== generation) return { outcome };
    const added = { ...entry, number, rejected: null };
    last = withEntry(last, generation, added);
    keep(last);
    return { outcome, added: { entry: added, to: last.reading } };
  }

  return {
    view,
    async enqueue(requests) {
      queueing += 1;
      let isKnown = false;
      try {
        const outcomes = await sync.enqueue(requests);
        const all = outcomes.map((outcome, index) => add(requests[index] as Enqueue, outcome));
        isKnown = all.every(({ added }) => added !== undefined);
        return all;
      } finally {
        queueing -= 1;
        refresh(!isKnown);
      }
    },
    has: (id) => reads === 0 && current?.reading.byId.has(id) === true,
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
