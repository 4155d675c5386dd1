import type { PostgresDriver } from "./driver.ts";

/** Tells other processes of commits. */
export interface Announcer {
  /** Announces that there are events up to a position. */
  announce(head: number): void;
  /** Resolves once everything is announced. */
  drained(): Promise<void>;
}

/**
 * Sends notifications after commits, and joins those that come while one is sent. Within the commits, they would make all commits of
 * the server that notify wait for each other (https://www.postgresql.org/docs/current/sql-notify.html).
 */
export function createAnnouncer({ query }: Pick<PostgresDriver, "query">, channel: string): Announcer {
  let newest = 0;
  let announced = 0;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (announced < newest) {
      announced = newest;
      try {
        await query("SELECT pg_notify($1, $2)", [channel, String(announced)]);
      } catch {
        // Those who listen find the commit when they check their connection.
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
