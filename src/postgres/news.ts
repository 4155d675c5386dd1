import { startTimer } from "../platform.ts";
import type { EventStorage, StorageNews } from "../storage/protocol.ts";
import type { Commit } from "./appender.ts";
import { keyOf } from "../storage/read-model-names.ts";
import type { PostgresDriver, PostgresListener, PostgresRow } from "./driver.ts";
import { nextPause } from "./faults.ts";
import type { ModelChange } from "./read-models/models.ts";
import { LISTENERS } from "./schema.ts";
import { arrayOf, toNumber } from "./values.ts";

/** How often a listening connection is used, in milliseconds: whether it is alive, and whether a notification was lost. */
const CHECK_INTERVAL = 30_000;

/** How long an answer to that may take. */
const CHECK_TIMEOUT = 10_000;

type Listener = (news: StorageNews) => void;

/** Reports every commit, by whatever process, to its listeners. */
export interface News extends Pick<EventStorage, "onChange"> {
  /** Reports a commit of this process, and announces it to others if they listen. */
  tell(commit: Commit): void;
  /** The same for a change of a read model. */
  tellModel(change: ModelChange): void;
  /** Ends the reports; resolves once everything is announced. */
  stop(): Promise<void>;
}

/** `oid`: of the table of events. `isFinal` tells whether an error means that there will be no more news. `s`: the schema's quoted name. */
export function createNews(driver: PostgresDriver, s: string, oid: number, isFinal: (error: unknown) => unknown): News {
  const channel = `rivulet_${oid}`;
  const selectAll = `SELECT (SELECT max(position) FROM ${s}.events), name || '.' || schema, generation FROM (SELECT) one LEFT JOIN ${s}.models ON true`;
  const listeners = new Map<Listener, ((error: unknown) => void) | undefined>();
  const announcing = createAnnouncer(driver, channel);
  let told = 0;
  /** The newest known generation of each read model. */
  let generations: ReadonlyMap<string, number> = new Map();
  /** The connection that listens, or tries to; undefined while there are no listeners. */
  let session: { stop(): void } | undefined;

  function report(head: number, models?: ReadonlyMap<string, number>): void {
    const changed = models !== undefined && isChanged(models);
    if (head <= told && !changed) return;
    told = Math.max(told, head);
    if (changed) generations = models;
    const news = { epoch: 1, head: told, ...(changed && { models: Object.fromEntries(models) }) };
    for (const listener of [...listeners.keys()]) listener(news);
  }

  function isChanged(models: ReadonlyMap<string, number>): boolean {
    return models.size !== generations.size || [...models].some(([key, one]) => generations.get(key) !== one);
  }

  function listen(): { stop(): void } {
    let stopped = false;
    let connection: PostgresListener | undefined;
    let cancel: () => void = () => undefined;
    let pause = 0;
    let reading = false;
    let again = false;

    async function connect(): Promise<void> {
      try {
        const opened = await driver.listen(channel, hear, reconnect);
        if (stopped) return opened.stop();
        connection = opened;
        // Held as long as the connection: appends then announce themselves. Whatever was committed before is seen by the read.
        await opened.query("SELECT pg_advisory_lock_shared($1, $2)", [LISTENERS, oid]);
        await check();
        pause = 0;
      } catch (error) {
        reconnect(error);
      }
    }

    function reconnect(error: unknown): void {
      if (stopped) return;
      connection?.stop();
      connection = undefined;
      cancel();
      const end = isFinal(error);
      if (end === undefined) {
        cancel = startTimer(pause, () => void connect());
        pause = nextPause(pause);
        return;
      }
      for (const onEnd of [...listeners.values()]) onEnd?.(end);
    }

    /** A notification only wakes: the database tells what is new. That of an own commit has been reported before. */
    function hear(payload: string): void {
      const [first = "", generation] = payload.split(" ");
      const isNews = generation === undefined ? Number(first) > told : Number(generation) !== generations.get(first);
      if (isNews) void read();
    }

    async function read(): Promise<void> {
      again = true;
      if (reading) return;
      reading = true;
      try {
        while (again && connection !== undefined) {
          again = false;
          const before = generations;
          const rows = await connection.query(selectAll);
          if (stopped) continue;
          // What this process has changed meanwhile may be missing: it is read again.
          if (before === generations) report(toNumber(rows[0]?.[0]), toGenerations(rows));
          else again = true;
        }
      } catch (error) {
        reconnect(error);
      } finally {
        reading = false;
      }
    }

    async function check(): Promise<void> {
      const current = connection;
      const late = startTimer(CHECK_TIMEOUT, () => {
        if (current === connection) reconnect(new Error("the listening connection does not answer"));
      });
      await read();
      late();
      if (stopped || connection === undefined || current !== connection) return;
      cancel();
      cancel = startTimer(CHECK_INTERVAL, () => void check());
    }

    void connect();
    return {
      stop() {
        stopped = true;
        cancel();
        connection?.stop();
      },
    };
  }

  return {
    tell({ head, watched }) {
      if (watched) announcing.announce("", head);
      report(head);
    },
    tellModel({ model, generation, watched }) {
      const key = keyOf(model);
      if (watched) announcing.announce(key, generation ?? -1);
      const models = new Map(generations);
      if (generation === undefined) models.delete(key);
      // Answers may come in another order than the commits.
      else models.set(key, Math.max(generation, models.get(key) ?? 0));
      report(told, models);
    },
    onChange(listener, onEnd) {
      listeners.set(listener, onEnd);
      session ??= listen();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        session?.stop();
        session = undefined;
      };
    },
    stop() {
      session?.stop();
      return announcing.drained();
    },
  };
}

function toGenerations(rows: readonly PostgresRow[]): ReadonlyMap<string, number> {
  const models = rows.flatMap(([, key, generation]) => (key == null ? [] : [[key, toNumber(generation)] as const]));
  return new Map(models);
}

/**
 * Sends notifications after commits: the head, or a read model and its generation. Those that come while others are sent are joined:
 * in a commit, they would wait for each other.
 */
function createAnnouncer(
  driver: PostgresDriver,
  channel: string,
): { announce(key: string, number: number): void; drained(): Promise<void> } {
  let waiting = new Map<string, number>();
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (waiting.size > 0) {
      const payloads = [...waiting].map(([key, number]) => (key === "" ? String(number) : `${key} ${number}`));
      waiting = new Map();
      try {
        await driver.query("SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload", [
          channel,
          arrayOf(payloads),
        ]);
      } catch {
        // Others find the commit when they check their connection.
      }
    }
    running = undefined;
  }

  return {
    announce(key, number) {
      waiting.set(key, key === "" ? Math.max(number, waiting.get(key) ?? 0) : number);
      running ??= run();
    },
    drained: () => running ?? Promise.resolve(),
  };
}
