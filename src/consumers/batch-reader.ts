import type { StoredEvent } from "../event.ts";
import { deepFreeze } from "../events/json.ts";
import type { RecordFilter } from "../storage/protocol.ts";
import { scopeOf } from "../read/pager.ts";
import { SILENT_POSITIONS, subscribe } from "../subscriptions/subscription.ts";
import type { StoreContext } from "../storage/store-context.ts";

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
  context: StoreContext,
  filter: RecordFilter | undefined,
  start: number,
  size: number,
): ConsumerBatches {
  const subscription = subscribe(context, scopeOf(undefined, filter), start, true);
  let buffer: readonly StoredEvent[] = [];
  let used = 0;
  /** Everything up to here was put into the buffer or does not match. */
  let seen = start;
  let told = start;
  let woken = false;

  async function next(): Promise<ConsumerBatch | undefined> {
    // Two rounds: what came while it waited is looked at once more.
    for (let waited = false; ; waited = true) {
      await fill();
      const batch = take();
      if (batch !== undefined || waited) return batch;
      if (!woken) await subscription.news();
      woken = false;
    }
  }

  /** Reads until there is a whole batch, or nothing more for now. */
  async function fill(): Promise<void> {
    while (buffer.length - used < size && seen - told < SILENT_POSITIONS && !woken) {
      const more = await subscription.next();
      if (more === undefined) return;
      const events = deepFreeze(more.events);
      buffer = used === buffer.length ? events : [...buffer.slice(used), ...events];
      used = 0;
      seen = more.position;
    }
  }

  function take(): ConsumerBatch | undefined {
    const events = used === 0 && buffer.length <= size ? buffer : buffer.slice(used, used + size);
    used += events.length;
    const position = used === buffer.length ? seen : (events.at(-1) as StoredEvent).position;
    if (position === told) return undefined;
    told = position;
    return { events, position };
  }

  function wake(): void {
    woken = true;
    subscription.wake();
  }

  return {
    next,
    wake,
    stop() {
      woken = true;
      subscription.stop();
    },
  };
}
