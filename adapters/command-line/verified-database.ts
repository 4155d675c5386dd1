import { resolve } from "node:path";
import {
  isEventStoreError,
  openPostgresStorage,
  openSqliteStorage,
  verifyDatabase,
  verifyPostgres,
  type EventStorage,
  type VerifiedCounts,
  type VerifyListeners,
} from "../../src/adapter.ts";
import { findEngine } from "../node-engines/find-engine.ts";
import { fileOf, refuseOtherThanFiles } from "../node/path.ts";
import { refuseMissing } from "./database.ts";
import { findHeaderProblem } from "./header.ts";
import { driverFor } from "./postgres.ts";

/** A database that is verified. */
interface VerifiedDatabase {
  verify(listeners: VerifyListeners): Promise<VerifiedCounts & { readonly remarks: readonly string[] }>;
  /** Opens it, for a replay. */
  storage(): Promise<EventStorage>;
  /** Whether an error of the database means that it is damaged. */
  isCorrupt(error: unknown): boolean;
  close(): Promise<void>;
}

/** Opens a SQLite file without changing it. */
export async function openFile(path: string): Promise<VerifiedDatabase> {
  refuseMissing(path);
  const engine = await findEngine();
  const file = fileOf(resolve(path));
  refuseOtherThanFiles(file);
  const driver = engine.open(file, true);
  return {
    async verify(listeners) {
      const found = await verifyDatabase(driver, listeners);
      const wrong = findHeaderProblem(file);
      if (wrong !== undefined) listeners.onProblem({ kind: "file", where: "header", what: wrong });
      return { ...found, remarks: [] };
    },
    storage() {
      const info = { adapter: "better-sqlite3", backend: "file", persisted: true, durability: "full" } as const;
      return openSqliteStorage(driver, { info, exclusive: true, upgrades: false });
    },
    isCorrupt: (error) => engine.codeOf(error)?.startsWith("SQLITE_CORRUPT") === true,
    close: () => Promise.resolve(driver.close()),
  };
}

/** Connects to PostgreSQL. */
export async function openPostgres(address: string): Promise<VerifiedDatabase> {
  const { driver, schema } = await driverFor(address);
  return {
    async verify(listeners) {
      const { schemaCompared, ...counts } = await verifyPostgres(driver, schema, listeners);
      const remark = "the schema was not compared: the role may not create one here";
      return { ...counts, remarks: schemaCompared ? [] : [remark] };
    },
    storage: () =>
      openPostgresStorage(driver, { schema, durability: "full", busyTimeout: 10_000, creates: false, upgrades: false }),
    isCorrupt: (error) => isEventStoreError(error, "storage-corrupt"),
    close: () => driver.close(),
  };
}
