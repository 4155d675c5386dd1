// Imported from the module: a test may have replaced the global with a fake, before or after this was loaded.
import { clearTimeout, setTimeout } from "node:timers";
import type pg from "pg";
import type { NextStatement, OnGivenUp, PostgresResult, PostgresRow } from "../../src/adapter.ts";
import { ask, toStatement } from "./statements.ts";

/** How long to wait before a statement is interrupted again, in milliseconds; then twice as long each time. */
const FIRST_PAUSE = 20;

/** What is read, and how. */
interface Reading {
  /** The statements before, and the one after them. */
  readonly before: string;
  readonly next: NextStatement;
  readonly onGivenUp: OnGivenUp | undefined;
  /** How long the answer to the statements before may take, in milliseconds. */
  readonly timeout: number;
  /** Interrupts what a process of the server does. */
  interrupt(process: string): Promise<void>;
}

/**
 * Begins a transaction, which the caller ends, and reads in it with two messages. After an error it is rolled back. If the
 * reading is given up, the server stops, so that the connection is soon free for others.
 */
export async function readIn(
  client: pg.PoolClient,
  { before, next, onGivenUp, timeout, interrupt }: Reading,
): Promise<PostgresResult> {
  let givenUp = false;
  let stop = (): void => undefined;
  const ignore = onGivenUp?.(() => {
    givenUp = true;
    stop();
  });
  try {
    // Behind a pooler, only the server knows the number of the process.
    const text = `BEGIN; ${before}; SELECT pg_backend_pid()`;
    const results = (await client.query(toStatement(text, timeout))) as unknown as pg.QueryArrayResult[];
    const [rows, [[process] = []] = []] = results.slice(-2).map((result) => result.rows as PostgresRow[]);
    const [sql, values] = next(rows as PostgresRow[]);
    if (givenUp) throw new Error("nobody waits for the result");
    const interruption = createInterruption(() => interrupt(process as string));
    stop = interruption.begin;
    try {
      return await ask(client, sql, values);
    } finally {
      ignore?.();
      await interruption.end();
    }
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    ignore?.();
  }
}

/**
 * Interrupts a statement until it has ended, because the server ignores what arrives between the messages of a statement. Once `end`
 * has resolved, nothing more can hit what the connection does next.
 */
function createInterruption(interrupt: () => Promise<void>): { begin(): void; end(): Promise<void> | undefined } {
  let ended = false;
  let pause = FIRST_PAUSE;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    await interrupt().catch(() => undefined);
    if (!ended) timer = setTimeout(begin, pause);
    pause *= 2;
  }

  function begin(): void {
    running = run();
  }

  return {
    begin,
    end() {
      ended = true;
      clearTimeout(timer);
      return running;
    },
  };
}
