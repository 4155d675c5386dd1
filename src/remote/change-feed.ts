import type { EventStorage, StorageNews } from "../storage/protocol.ts";

/** More events than this, or bytes of them, are for each client to read at its own pace. */
const MOST_EVENTS = 100;
const MOST_BYTES = 64 * 1024;

/** Tells all clients of every change, with what was appended where that is little: one read, however many they are. */
export function createNewsroom(storage: EventStorage): Pick<EventStorage, "onChange"> {
  type Listener = (news: StorageNews) => void;
  const listeners = new Map<Listener, ((error: unknown) => void) | undefined>();
  let stopListening: (() => void) | undefined;
  /** Up to where news has told, or nobody who listens needs to be told; undefined until that is known. */
  let told: number | undefined;

  async function begin(): Promise<void> {
    try {
      const head = await storage.head();
      told ??= head;
    } catch {
      // Then the first news brings no events; what is wrong shows in the calls that matter.
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
      // Whoever reads them meets the error, if they are of interest.
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
