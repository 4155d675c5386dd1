import type { EventStorage, StorageNews } from "../storage/protocol.ts";
import { createAnnouncer } from "./announcer.ts";
import type { Commit } from "./appender.ts";
import type { PostgresDriver, PostgresQuery } from "./driver.ts";
import { listenForNews } from "./listen.ts";
import { toNumber } from "./values.ts";

/** Reports every commit, by whatever process, to its listeners. */
export interface News extends Pick<EventStorage, "onChange"> {
  /** Reports a commit of this process, and announces it to others if they listen. */
  tell(commit: Commit): void;
  /** Ends the reports; resolves once everything is announced. */
  stop(): Promise<void>;
}

/** `oid`: of the table of events. `endOf` returns why there will be no more news after an error; undefined if there may be. `s`: the schema's quoted name. */
export function createNews(driver: PostgresDriver, s: string, oid: number, endOf: (error: unknown) => unknown): News {
  const channel = `rivulet_${oid}`;
  const selectHead = `SELECT max(position) FROM ${s}.events`;
  const listeners = new Map<(news: StorageNews) => void, ((error: unknown) => void) | undefined>();
  const announcer = createAnnouncer(driver, channel);
  let told = 0;
  let stopListening: (() => void) | undefined;

  function report(head: number): void {
    if (head <= told) return;
    told = head;
    for (const listener of [...listeners.keys()]) listener({ epoch: 1, head });
  }

  async function readNews(query: PostgresQuery): Promise<void> {
    const [[head] = []] = await query(selectHead, []);
    if (stopListening !== undefined) report(toNumber(head));
  }

  function listen(): () => void {
    return listenForNews(driver, {
      channel,
      oid,
      read: readNews,
      // That of an own commit has been reported before.
      isNew: (payload) => !(Number(payload) <= told),
      fail(error) {
        const end = endOf(error);
        if (end !== undefined) for (const onEnd of [...listeners.values()]) onEnd?.(end);
        return end !== undefined;
      },
    });
  }

  return {
    tell({ head, watched }) {
      if (watched || driver.oneSession === true) announcer.announce(head);
      report(head);
    },
    onChange(listener, onEnd) {
      listeners.set(listener, onEnd);
      stopListening ??= listen();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stopListening?.();
        stopListening = undefined;
      };
    },
    stop() {
      stopListening?.();
      stopListening = undefined;
      return announcer.drained();
    },
  };
}
