import Database from "better-sqlite3";
import type { EventStore } from "rivulet";
import {
  openSqliteStorage,
  transactionsOf,
  type Adapter,
  type SqliteDriver,
  type SqliteStatement,
} from "rivulet/adapter";

/** Data that makes every insertion of its event fail. */
export const POISON = "poison";

export interface Fault {
  readonly at: "BEGIN" | "INSERT INTO events" | "COMMIT";
  /** The number of such statements that succeed before one fails. */
  readonly skip: number;
  readonly code: string;
  /** SQLite may roll the whole transaction back by itself: https://sqlite.org/lang_transaction.html */
  readonly rollsBack: boolean;
  /** The statement is executed, and only its answer is lost. */
  readonly afterwards: boolean;
}

/** A better-sqlite3 connection whose statements fail on command. */
export interface FaultySqlite extends Adapter {
  /** Makes one statement fail. No other statement fails until then. */
  arm(fault: Fault): void;
  disarm(): void;
  /** The error of every insertion of {@link POISON}. */
  poisonous: Pick<Fault, "code" | "rollsBack">;
  readonly strikes: number;
}

export function faultySqlite(path: string | undefined): FaultySqlite {
  let armed: (Fault & { left: number }) | undefined;
  let strikes = 0;
  const faulty: FaultySqlite = {
    name: "faulty",
    poisonous: { code: "SQLITE_FULL", rollsBack: true },
    get strikes() {
      return strikes;
    },
    arm: (fault) => void (armed = { ...fault, left: fault.skip }),
    disarm: () => void (armed = undefined),
    async open() {
      const driver = openDriver();
      const info = { adapter: "faulty", backend: "file", persisted: true, durability: "normal" } as const;
      const configure = (): void => driver.exec("PRAGMA journal_mode = wal; PRAGMA synchronous = normal");
      const storage = await openSqliteStorage(driver, { info, configure, busyTimeout: 0 });
      return { storage, defer: setImmediate, verbs: {} };
    },
  };
  return faulty;

  function openDriver(): SqliteDriver {
    const database = new Database(path ?? ":memory:");

    function strike({ code, rollsBack }: Pick<Fault, "code" | "rollsBack">): never {
      strikes += 1;
      if (rollsBack && database.inTransaction) database.exec("ROLLBACK");
      throw new Database.SqliteError("injected", code);
    }

    function guarded(sql: string, run: (...values: unknown[]) => void): (...values: unknown[]) => void {
      return (...values) => {
        if (sql.startsWith("INSERT INTO events") && values.includes(JSON.stringify(POISON))) strike(faulty.poisonous);
        if (armed === undefined || !sql.startsWith(armed.at) || armed.left-- > 0) return run(...values);
        const fault = armed;
        armed = undefined;
        if (fault.afterwards) run(...values);
        strike(fault);
      };
    }

    const connection = {
      prepare(sql: string): SqliteStatement {
        const statement = database.prepare(sql);
        if (statement.reader) return statement.raw(true) as unknown as SqliteStatement;
        const run = guarded(sql, (...values) => void statement.run(...values));
        return { run, get: () => undefined, all: () => [] };
      },
      get inTransaction() {
        return database.inTransaction;
      },
    };
    return Object.assign(connection, {
      exec: (sql: string) => void database.exec(sql),
      transaction: transactionsOf(connection),
      codeOf: (error: unknown) => (error instanceof Database.SqliteError ? error.code : undefined),
      close: () => void database.close(),
    });
  }
}

/** Checks that positions and versions have no gaps, ids are unique, and times never decrease. */
export async function problemsOf(store: EventStore): Promise<string[]> {
  const events = await store.read().toArray();
  const versions = new Map<string, number>();
  const ids = new Set<string>();
  let time = 0;
  return events.flatMap(({ position, stream, version, id, timestamp }, index) => {
    const problems: string[] = [];
    if (position !== index + 1) problems.push(`position ${position} stands at ${index + 1}`);
    if (version !== (versions.get(stream) ?? 0) + 1) problems.push(`version ${version} of ${stream} is out of order`);
    if (ids.has(id)) problems.push(`id ${id} is stored twice`);
    if (timestamp < time) problems.push(`time runs backwards at ${position}`);
    versions.set(stream, version);
    ids.add(id);
    time = timestamp;
    return problems;
  });
}
