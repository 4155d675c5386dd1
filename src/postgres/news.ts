import type { EventStorage, StorageNews } from "../storage/protocol.ts";
import { keyOf } from "../storage/read-model-names.ts";
import { createAnnouncer } from "./announcer.ts";
import type { Commit } from "./appender.ts";
import type { PostgresDriver, PostgresQuery } from "./driver.ts";
import { listenForNews } from "./listen.ts";
import type { ModelChange } from "./read-models/models.ts";
import { toNumber } from "./values.ts";

/** Reports every commit, by whatever process, to its listeners. */
export interface News extends Pick<EventStorage, "onChange"> {
  /** Reports a commit of this process, and announces it to others if they listen. */
  tell(commit: Commit): void;
  /** The same for a change of a read model. */
  tellModel(change: ModelChange): void;
  /** Ends the reports; resolves once everything is announced. */
  stop(): Promise<void>;
}

/** The key of the generation of what a replica shows, in `meta` and in announcements. No read model has it. */
const REPLICA = "replica_generation";

/** `oid`: of the table of events. `endOf` returns why there will be no more news after an error; undefined if there may be. `s`: the schema's quoted name. */
export function createNews(driver: PostgresDriver, s: string, oid: number, endOf: (error: unknown) => unknown): News {
  const channel = `rivulet_${oid}`;
  const selectAll =
    `SELECT (SELECT max(position) FROM ${s}.events), name || '.' || schema, generation, ` +
    `(SELECT value FROM ${s}.meta WHERE key = '${REPLICA}') FROM (SELECT) one LEFT JOIN ${s}.models ON true`;
  const listeners = new Map<(news: StorageNews) => void, ((error: unknown) => void) | undefined>();
  const announcer = createAnnouncer(driver, channel);
  let told = 0;
  /** The newest known generation of each read model. */
  let generations: ReadonlyMap<string, number> = new Map();
  /** The newest known generation of what a replica shows. */
  let replica = 0;
  let announcedReplica = 0;
  let stopListening: (() => void) | undefined;

  function report(head: number, models: ReadonlyMap<string, number> = generations, shown = replica): void {
    const changed = models.size !== generations.size || [...models].some(([key, one]) => generations.get(key) !== one);
    if (head <= told && !changed && shown <= replica) return;
    const news = {
      epoch: 1,
      head: Math.max(told, head),
      ...(changed && { models: Object.fromEntries(models) }),
      ...(shown > replica && { replica: shown }),
    };
    told = news.head;
    generations = models;
    replica = Math.max(replica, shown);
    for (const listener of [...listeners.keys()]) listener(news);
  }

  async function readNews(query: PostgresQuery): Promise<void> {
    let before;
    let rows;
    // What this process has changed meanwhile may be missing: it is read again.
    do {
      before = generations;
      rows = await query(selectAll, []);
    } while (before !== generations);
    if (stopListening === undefined) return;
    const models = rows.flatMap(([, key, generation]) => (key == null ? [] : [[key, toNumber(generation)] as const]));
    report(toNumber(rows[0]?.[0]), new Map(models), toNumber(rows[0]?.[3]));
  }

  function isNew(payload: string): boolean {
    const [first = "", generation] = payload.split(" ");
    if (first === REPLICA) return !(Number(generation) <= replica);
    return generation === undefined ? !(Number(first) <= told) : Number(generation) !== generations.get(first);
  }

  function listen(): () => void {
    return listenForNews(driver, {
      channel,
      oid,
      read: readNews,
      // That of an own commit has been reported before.
      isNew,
      fail(error) {
        const end = endOf(error);
        if (end !== undefined) for (const onEnd of [...listeners.values()]) onEnd?.(end);
        return end !== undefined;
      },
    });
  }

  return {
    tell({ head, watched, replica: shown }) {
      const announced = watched || driver.oneSession === true;
      if (announced && head > 0) announcer.announce("", head);
      if (announced && shown !== undefined && shown !== announcedReplica) {
        announcedReplica = shown;
        announcer.announce(REPLICA, shown);
      }
      report(head, generations, shown);
    },
    tellModel({ model, generation, watched }) {
      const key = keyOf(model);
      if (watched || driver.oneSession === true) announcer.announce(key, generation ?? -1);
      const models = new Map(generations);
      if (generation === undefined) models.delete(key);
      // Answers may come in another order than the commits.
      else models.set(key, Math.max(generation, models.get(key) ?? 0));
      report(told, models);
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
