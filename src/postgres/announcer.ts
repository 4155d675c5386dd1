import type { PostgresDriver } from "./driver.ts";
import { arrayOf } from "./values.ts";

/** Tells other processes of commits. */
export interface Announcer {
  /** Announces that there are events up to a position, for the key "", or a generation of a read model or a replica, for its key. */
  announce(key: string, number: number): void;
  /** Resolves once everything is announced. */
  drained(): Promise<void>;
}

/**
 * Sends notifications after commits, and joins those that come while others are sent. Within the commits, they would make all commits
 * of the server that notify wait for each other (https://www.postgresql.org/docs/current/sql-notify.html).
 */
export function createAnnouncer({ query }: Pick<PostgresDriver, "query">, channel: string): Announcer {
  const newest = new Map<string, number>();
  let running: Promise<void> | undefined;

  async function send(payloads: readonly string[]): Promise<void> {
    await query("SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload", [channel, arrayOf(payloads)]);
  }

  async function run(): Promise<void> {
    // So that it never ends before `running` is set. Announcements of the same moment are joined, too.
    await Promise.resolve();
    while (newest.size > 0) {
      const payloads = [...newest].map(([key, number]) => (key === "" ? String(number) : `${key} ${number}`));
      newest.clear();
      // Once more if the connection was lost. Otherwise those who listen find the commit when they check theirs.
      await send(payloads).catch(() => send(payloads).catch(() => undefined));
    }
    running = undefined;
  }

  return {
    announce(key, number) {
      newest.set(key, number < 0 ? number : Math.max(number, newest.get(key) ?? 0));
      running ??= run();
    },
    drained: () => running ?? Promise.resolve(),
  };
}
