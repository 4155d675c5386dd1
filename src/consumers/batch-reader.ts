import type { StoredEvent } from "../event.ts";
import { matches } from "../events/filter.ts";
import { deepFreeze } from "../events/json.ts";
import type { Waiter } from "../subscriptions/notifier.ts";
import { createPager, type Pager } from "../read/pager.ts";
import type { ProjectionSource } from "../projections/projection.ts";
import type { RecordFilter } from "../storage/protocol.ts";

/** So many positions without a match are told of, so that the checkpoint moves also where matches are rare. */
const SILENT_POSITIONS = 10_000;

/** What comes next, in order. */
export interface ConsumerBatch {
  /** Perhaps none. */
  readonly events: readonly StoredEvent[];
  /** Everything up to here is in `events`, came before, or does not match. */
  readonly position: number;
}

export interface ConsumerBatches {
  /** The next batch, at once where there is one; undefined: nothing has come by the time it was woken. */
  next(): Promise<ConsumerBatch | undefined>;
  wake(): void;
  stop(): void;
}

/** What matches after a position, in batches of some size at most: history first, then live, without a query while nothing happens. */
export function createBatches(
  source: ProjectionSource,
  filter: RecordFilter | undefined,
  start: number,
  size: number,
): ConsumerBatches {
  const { notifier } = source;
  const attachment = notifier.attach();
  let pager: Pager | undefined;
  let buffer: readonly StoredEvent[] = [];
  let used = 0;
  /** Everything up to here was put into the buffer or does not match. */
  let seen = start;
  let told = start;
  let woken = false;
  let resume: (() => void) | undefined;
  const waiter: Waiter = {
    offer: () => (resume?.(), true),
    // Asking for the tail then throws.
    fail: () => resume?.(),
  };

  async function next(): Promise<ConsumerBatch | undefined> {
    await attachment.ready;
    // Two rounds: what came while it waited is looked at once more.
    for (let waited = false; ; waited = true) {
      await fill();
      const batch = take();
      if (batch !== undefined || waited) return batch;
      if (!woken) await news();
      woken = false;
    }
  }

  /** Reads until there is a whole batch, or nothing more for now. */
  async function fill(): Promise<void> {
    while (buffer.length - used < size && seen - told < SILENT_POSITIONS && !woken) {
      const tail = pager === undefined ? notifier.tailAfter(seen) : undefined;
      if (tail === undefined) await readPage();
      else if (tail.head > seen) {
        keep(filter === undefined ? tail.events : tail.events.filter((event) => matches(filter, event)), tail.head);
      } else return;
    }
  }

  /** What lies behind the notifier's tail. */
  async function readPage(): Promise<void> {
    const walk = { after: seen, upTo: Number.MAX_SAFE_INTEGER, direction: "forward" } as const;
    pager ??= createPager(source, filter === undefined ? walk : { ...walk, filter });
    const events = await pager.next();
    if (events !== undefined) return keep(deepFreeze(events), pager.cursor);
    seen = Math.max(seen, pager.head ?? 0);
    pager = undefined;
  }

  function keep(events: readonly StoredEvent[], upTo: number): void {
    buffer = used === buffer.length ? events : [...buffer.slice(used), ...events];
    used = 0;
    seen = upTo;
  }

  function take(): ConsumerBatch | undefined {
    const events = used === 0 && buffer.length <= size ? buffer : buffer.slice(used, used + size);
    used += events.length;
    const position = used === buffer.length ? seen : (events.at(-1) as StoredEvent).position;
    if (position === told) return undefined;
    told = position;
    return { events, position };
  }

  function news(): Promise<void> {
    return new Promise((resolve) => {
      resume = resolve;
      notifier.park(waiter);
    });
  }

  function wake(): void {
    woken = true;
    notifier.unpark(waiter);
    resume?.();
  }

  return {
    next,
    wake,
    stop() {
      wake();
      attachment.detach();
    },
  };
}
