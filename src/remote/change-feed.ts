import type { EventStorage, FreshEvents, StorageNews } from "../storage/protocol.ts";

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

  async function publish({ fresh, ...news }: StorageNews): Promise<void> {
    const after = told;
    told = news.head;
    const complete = after === undefined ? news : await withEvents(news, after, fresh);
    for (const listener of [...listeners.keys()]) listener(complete);
  }

  /** `known`: the events of a commit, which the storage told with it. */
  async function withEvents(news: StorageNews, after: number, known: FreshEvents | undefined): Promise<StorageNews> {
    const count = news.head - after;
    if (count <= 0 || count > MOST_EVENTS) return news;
    try {
      const query = { after, upTo: news.head, direction: "forward", limit: count } as const;
      const page = known?.after === after ? known.page : await storage.readPage(query);
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
