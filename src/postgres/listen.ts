import { startTimer } from "../platform.ts";
import type { PostgresDriver, PostgresListener, PostgresQuery } from "./driver.ts";
import { nextPause } from "./faults.ts";
import { LISTENERS } from "./schema.ts";

/** How often a listening connection is used, in milliseconds: whether it is alive, and whether a notification was lost. */
const CHECK_INTERVAL = 30_000;

/** How long an answer may take, in milliseconds. */
const CHECK_TIMEOUT = 5_000;

/** How long a notification of one's own may take, in milliseconds. */
const TEST_TIMEOUT = 2_000;

/** How often news is read where notifications do not arrive, in milliseconds. */
const POLL_INTERVAL = 500;

/** How to listen, and for what. */
export interface ListenOptions {
  readonly channel: string;
  /** The oid of the table of events. */
  readonly oid: number;
  /** Reads what is new, and reports it. */
  read(query: PostgresQuery): Promise<void>;
  /** Whether a notification is of something that was not reported yet. */
  isNew(payload: string): boolean;
  /** Takes an error; returns whether there will be no more news. */
  fail(error: unknown): boolean;
}

/**
 * Listens on a connection of its own, until the returned function is called. A notification only wakes: the database tells what is
 * new. A lost connection is made again, and what was missed is read. Where notifications do not arrive, as through a pooler that gives
 * each transaction another connection, news is read at intervals instead.
 */
export function listenForNews(driver: PostgresDriver, options: ListenOptions): () => void {
  const { channel, oid, read, isNew, fail } = options;
  let stopped = false;
  let connection: PostgresListener | undefined;
  let cancel: () => void = () => undefined;
  let pause = 0;
  let reading: Promise<void> | undefined;
  let again = false;

  async function connect(): Promise<void> {
    try {
      const opened = await driver.listen(channel, hear, reconnect);
      if (stopped) return opened.stop();
      connection = opened;
      if (!(await hearsItself())) {
        // The pooler's connection to the server, which others use, too, would listen on.
        await opened.query(`UNLISTEN ${channel}`);
        return startPolling();
      }
      // Held as long as the connection: appends then announce themselves. What was committed before is seen by the read.
      if (driver.oneSession !== true) await opened.query("SELECT pg_advisory_lock_shared($1, $2)", [LISTENERS, oid]);
      await check();
      pause = 0;
    } catch (error) {
      // A standby cannot listen: https://www.postgresql.org/docs/current/hot-standby.html
      if (driver.codeOf(error) === "25006") startPolling();
      else reconnect(error);
    }
  }

  function reconnect(error: unknown): void {
    if (stopped) return;
    disconnect();
    if (fail(error)) return stop();
    cancel = startTimer(pause, () => void connect());
    pause = nextPause(pause);
  }

  function disconnect(): void {
    cancel();
    connection?.stop();
    connection = undefined;
  }

  let heard: (() => void) | undefined;

  /** Sends a notification to itself, over another connection, and waits for it. */
  async function hearsItself(): Promise<boolean> {
    const arrived = new Promise<boolean>((resolve) => {
      const late = startTimer(TEST_TIMEOUT, () => resolve(false));
      heard = () => {
        late();
        resolve(true);
      };
      cancel = () => {
        late();
        resolve(true);
      };
    });
    await driver.query("SELECT pg_notify($1, $2)", [channel, TEST]);
    return arrived;
  }

  function hear(payload: string): void {
    heard?.();
    if (payload !== TEST && isNew(payload)) void readOn();
  }

  /** Reads what is new, once more if there is a notification meanwhile. */
  function readOn(): Promise<void> {
    again = true;
    // Connecting reads, so nothing is missed. `readAll` would end before `reading` is set, which would then never be unset.
    if (connection === undefined) return Promise.resolve();
    return (reading ??= readAll());
  }

  async function readAll(): Promise<void> {
    try {
      while (again && connection !== undefined) {
        again = false;
        await read(connection.query);
      }
    } catch (error) {
      reconnect(error);
    } finally {
      reading = undefined;
    }
  }

  async function check(): Promise<void> {
    const current = connection;
    const late = startTimer(CHECK_TIMEOUT, () => {
      if (current !== undefined && current === connection) reconnect(new Error("the listening connection is silent"));
    });
    await readOn();
    late();
    if (stopped || connection === undefined || current !== connection) return;
    cancel = startTimer(CHECK_INTERVAL, () => void check());
  }

  function startPolling(): void {
    if (stopped) return;
    disconnect();
    let polls = 0;
    const poll = async (): Promise<void> => {
      try {
        await read(driver.query);
      } catch (error) {
        if (fail(error)) stop();
      }
      if (stopped) return;
      polls += 1;
      // Perhaps only the test was slow.
      if (polls * POLL_INTERVAL >= CHECK_INTERVAL) return void connect();
      cancel = startTimer(POLL_INTERVAL, () => void poll());
    };
    void poll();
  }

  function stop(): void {
    stopped = true;
    disconnect();
  }

  void connect();
  return stop;
}

/** The payload of a notification that tests whether it arrives. All others are positions. */
const TEST = "test";
