import { startTimer } from "../platform.ts";
import type { EventStorage, StorageNews } from "../storage/protocol.ts";
import type { Commit } from "./appender.ts";
import type { PostgresDriver, PostgresListener } from "./driver.ts";
import { nextPause } from "./faults.ts";
import { LISTENERS } from "./schema.ts";
import { toNumber } from "./values.ts";

/** How often a listening connection is used, in milliseconds: whether it is alive, and whether a notification was lost. */
const CHECK_INTERVAL = 30_000;

/** How long an answer to that may take. */
const CHECK_TIMEOUT = 10_000;

type Listener = (news: StorageNews) => void;

/** Reports every commit, by whatever process, to its listeners. */
export interface News extends Pick<EventStorage, "onChange"> {
  /** Reports a commit of this process, and announces it to others if they listen. */
  tell(commit: Commit): void;
  /** Ends the reports; resolves once everything is announced. */
  stop(): Promise<void>;
}

/** `oid`: of the table of events. `isFinal` tells whether an error means that there will be no more news. `s`: the schema's quoted name. */
export function createNews(driver: PostgresDriver, s: string, oid: number, isFinal: (error: unknown) => unknown): News {
  const channel = `rivulet_${oid}`;
  const selectHead = `SELECT max(position) FROM ${s}.events`;
  const listeners = new Map<Listener, ((error: unknown) => void) | undefined>();
  const announcing = createAnnouncer(driver, channel);
  let told = 0;
  /** The connection that listens, or tries to; undefined while there are no listeners. */
  let session: { stop(): void } | undefined;

  function report(head: number): void {
    if (head <= told) return;
    told = head;
    for (const listener of [...listeners.keys()]) listener({ epoch: 1, head });
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
        // Held until the connection ends, so that appends announce themselves. The read sees all earlier commits.
        if (driver.oneSession !== true) await opened.query("SELECT pg_advisory_lock_shared($1, $2)", [LISTENERS, oid]);
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

    /** A notification only wakes: the database has the new events. Commits of this process were reported before. */
    function hear(payload: string): void {
      if (Number(payload) > told) void read();
    }

    async function read(): Promise<void> {
      again = true;
      if (reading) return;
      reading = true;
      try {
        while (again && connection !== undefined) {
          again = false;
          const [[head] = []] = await connection.query(selectHead);
          if (!stopped) report(toNumber(head));
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
      if (watched || driver.oneSession === true) announcing.announce(head);
      report(head);
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

/** Sends notifications after commits. Those that come while one is sent are joined: in a commit, they would wait for each other. */
function createAnnouncer(
  driver: PostgresDriver,
  channel: string,
): { announce(head: number): void; drained(): Promise<void> } {
  let newest = 0;
  let announced = 0;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (announced < newest) {
      announced = newest;
      try {
        await driver.query("SELECT pg_notify($1, $2)", [channel, String(announced)]);
      } catch {
        // Others find the commit when they check their connection.
      }
    }
    running = undefined;
  }

  return {
    announce(head) {
      newest = Math.max(newest, head);
      running ??= run();
    },
    drained: () => running ?? Promise.resolve(),
  };
}
