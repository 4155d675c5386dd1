import type { EventStorage, StorageNews } from "../storage/protocol.ts";

/** News carries at most so many events, and bytes of them. Clients read larger changes at their own pace. */
const MOST_EVENTS = 100;
const MOST_BYTES = 64 * 1024;

/** Tells all clients of every change. Small changes carry the appended events, which are read once for all clients. */
export function createChangeFeed(storage: EventStorage): Pick<EventStorage, "onChange"> {
  type Listener = (news: StorageNews) => void;
  const listeners = new Map<Listener, ((error: unknown) => void) | undefined>();
  let stopListening: (() => void) | undefined;
  /** The position up to which the listeners know all changes; undefined until it is known. */
  let told: number | undefined;

  async function begin(): Promise<void> {
    try {
      const head = await storage.head();
      told ??= head;
    } catch {
      // The first news then carries no events. The same failure also rejects other calls.
    }
  }

  async function publish(news: StorageNews): Promise<void> {
    const after = told;
    told = news.head;
    const complete = after === undefined ? news : await withEvents(news, after);
    for (const listener of [...listeners.keys()]) listener(complete);
  }

  async function withEvents(news: StorageNews, after: number): Promise<StorageNews> {
    const count = news.head - after;
    if (count <= 0 || count > MOST_EVENTS) return news;
    try {
      const page = await storage.readPage({ after, upTo: news.head, direction: "forward", limit: count });
      return page.count === count && page.rows.length <= MOST_BYTES ? { ...news, fresh: { after, page } } : news;
    } catch {
      // A client that reads these events gets the error.
      return news;
    }
  }

  return {
    onChange(listener, onEnd) {
      listeners.set(listener, onEnd);
      if (stopListening === undefined) void begin();
      stopListening ??= storage.onChange(
        (news) => void publish(news),
        (error) => {
          for (const end of [...listeners.values()]) end?.(error);
        },
      );
      return () => {
        if (!listeners.delete(listener) || listeners.size > 0) return;
        stopListening?.();
        stopListening = undefined;
        told = undefined;
      };
    },
  };
}
