import type { StoredEvent } from "../event.ts";
import { deepFreeze } from "../events/json.ts";
import type { RecordFilter } from "../storage/protocol.ts";
import { scopeOf } from "../read/pager.ts";
import { SILENT_POSITIONS, subscribe } from "../subscriptions/subscription.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** The next events, in order. */
export interface ConsumerBatch {
  /** May be empty. */
  readonly events: readonly StoredEvent[];
  /** Every event up to this position is in this or an earlier batch, or does not match the filter. */
  readonly position: number;
}

export interface ConsumerBatches {
  /** Waits for the next batch. Resolves with undefined if `wake` was called and there is none. */
  next(): Promise<ConsumerBatch | undefined>;
  wake(): void;
  stop(): void;
}

/** Reads the matching events after a position in batches of at most `size`: first history, then new events, without polling. */
export function createBatches(
  context: StoreContext,
  filter: RecordFilter | undefined,
  start: number,
  size: number,
): ConsumerBatches {
  const subscription = subscribe(context, scopeOf(undefined, filter), start, true);
  let buffer: readonly StoredEvent[] = [];
  let used = 0;
  /** Every event up to this position was put into the buffer or does not match. */
  let seen = start;
  let told = start;
  let woken = false;

  async function next(): Promise<ConsumerBatch | undefined> {
    // In two rounds: after waiting, it looks for events once more.
    for (let waited = false; ; waited = true) {
      await fill();
      const batch = take();
      if (batch !== undefined || waited) return batch;
      if (!woken) await new Promise<void>(subscription.news);
      woken = false;
    }
  }

  /** Reads until there is a whole batch, or no event is left for now. */
  async function fill(): Promise<void> {
    while (buffer.length - used < size && seen - told < SILENT_POSITIONS && !woken) {
      const more = await subscription.next();
      if (more === undefined) return;
      const events = more.events.map(frozen);
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

/** Freezes an event. Its fields are not looked at one by one, which takes longer than to read it. */
function frozen(event: StoredEvent): StoredEvent {
  if (Object.isFrozen(event)) return event;
  deepFreeze(event.data);
  deepFreeze(event.metadata);
  return Object.freeze(event);
}
