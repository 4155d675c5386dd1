import Database from "better-sqlite3";
import { onTestFinished } from "vitest";

/** The SQL statements that better-sqlite3 runs, on any connection, during a test. */
export interface Statements {
  /** The statements in the order in which they ran. */
  readonly all: readonly string[];
  /** The number of opened connections. */
  readonly connections: ReadonlySet<Database.Database>;
  /** The number of statements that read a page of events. */
  pages(): number;
  clear(): void;
}

/** Starts recording. Has to be called before the store is opened. `before` is called before each statement that was prepared. */
export function recordStatements(before: () => void = () => undefined): Statements {
  const all: string[] = [];
  const connections = new Set<Database.Database>();
  const { prepare, exec } = Database.prototype;

  function record(statement: Database.Statement, sql: string): Database.Statement {
    for (const verb of ["run", "get", "all"] as const) {
      const original: (...values: unknown[]) => unknown = statement[verb];
      const recorded = (...values: unknown[]): unknown => {
        all.push(sql);
        before();
        return original.apply(statement, values);
      };
      Object.assign(statement, { [verb]: recorded });
    }
    return statement;
  }

  Object.assign(Database.prototype, {
    prepare(this: Database.Database, sql: string) {
      connections.add(this);
      return record(prepare.call(this, sql), sql);
    },
    exec(this: Database.Database, sql: string) {
      all.push(sql);
      return exec.call(this, sql);
    },
  });
  onTestFinished(() => void Object.assign(Database.prototype, { prepare, exec }));

  return {
    all,
    connections,
    pages: () => all.filter((sql) => sql.includes("group_concat")).length,
    clear: () => void (all.length = 0),
  };
}
