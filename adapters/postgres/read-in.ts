// Imported from the module: a test may have replaced the global with a fake, before or after this was loaded.
import { clearTimeout, setTimeout } from "node:timers";
import type pg from "pg";
import type { NextStatement, OnGivenUp, PostgresResult, PostgresRow } from "../../src/adapter.ts";
import { ask, toStatement } from "./statements.ts";

/** Behind a pooler, only the server knows the number of the process. */
export const SELECT_PROCESS = "SELECT pg_backend_pid()";

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
  const ignore = onGivenUp?.(() => (givenUp = true));
  try {
    const text = `BEGIN; ${before}; ${SELECT_PROCESS}`;
    const results = (await client.query(toStatement(text, timeout))) as unknown as pg.QueryArrayResult[];
    const [rows, [[process] = []] = []] = results.slice(-2).map((result) => result.rows as PostgresRow[]);
    const [sql, values] = next(rows as PostgresRow[]);
    if (givenUp) throw new Error("nobody waits for the result");
    return await untilGivenUp(
      onGivenUp,
      () => interrupt(process as string),
      () => ask(client, sql, values),
    );
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    ignore?.();
  }
}

/**
 * Runs a statement, and interrupts it if it is given up, again and again until it has ended: the server ignores what arrives between
 * the messages of a statement. Nothing hits what the connection does next.
 */
export async function untilGivenUp<T>(
  onGivenUp: OnGivenUp | undefined,
  interrupt: () => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  let ended = false;
  let pause = FIRST_PAUSE;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  async function attempt(): Promise<void> {
    await interrupt().catch(() => undefined);
    if (!ended) timer = setTimeout(begin, pause);
    pause *= 2;
  }

  function begin(): void {
    running = attempt();
  }

  const ignore = onGivenUp?.(begin);
  try {
    return await work();
  } finally {
    ended = true;
    ignore?.();
    clearTimeout(timer);
    await running;
  }
}
