import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Adapter } from "../../src/adapter.ts";
import { isEventStoreError, openEventStore, type EventStore } from "../../src/index.ts";
import { findEngine } from "../node-engines/find-engine.ts";
import { sqlite } from "../node-engines/index.ts";
import { openStorage } from "../node/storage.ts";
import { CommandLineError, EXIT, usageError } from "./command.ts";
import { isPostgres, postgresAt, withoutPasswords } from "./postgres.ts";

/** The address of a store: the path of a file, or of a database of PostgreSQL. */
type Address = string;

/** Opens an existing database. Reading never creates one. */
export async function openExisting(address: Address): Promise<EventStore> {
  return openEventStore(existing(address));
}

/** Opens a database, and creates it if it is missing. */
export async function openOrMake(address: Address, durability: "full" | "normal"): Promise<EventStore> {
  return openEventStore(existingOrNew(address, durability));
}

/** The adapter of an existing database. */
export function existing(address: Address): Adapter {
  if (isPostgres(address)) return postgresAt(address, "full", { creates: false });
  refuseOtherAddress(address);
  refuseMissing(address);
  return existingOrNew(address, "full");
}

/** The adapter of an existing database that is only shown: opening it changes nothing, and an older format is refused. */
export function shown(address: Address): Adapter {
  if (isPostgres(address))
    return refusingOlder(address, postgresAt(address, "full", { creates: false, upgrades: false }));
  refuseOtherAddress(address);
  refuseMissing(address);
  return refusingOlder(address, {
    name: "node",
    async open() {
      const storage = await openStorage(await findEngine(), { path: resolve(address), readOnly: true });
      return { storage, defer: setImmediate, verbs: {} };
    },
  });
}

/** Says how a database of an older format can be shown. */
function refusingOlder(address: Address, adapter: Adapter): Adapter {
  return {
    ...adapter,
    open: () =>
      adapter.open().catch((error: unknown) => {
        if (!isEventStoreError(error, "storage-format")) throw error;
        const { found, supported } = error.details;
        if (typeof found !== "number" || found >= supported) throw error;
        const message =
          `${withoutPasswords(address)}: it has format ${found}, and only format ${supported} is shown: nothing was changed. ` +
          "To upgrade it, end processes with an older version of rivulet, keep a copy, and open it with your application or " +
          "with --write";
        throw new CommandLineError(EXIT.failed, message, error);
      }),
  };
}

/** The adapter of a database that is created if it is missing. */
export function existingOrNew(address: Address, durability: "full" | "normal"): Adapter {
  if (isPostgres(address)) return postgresAt(address, durability, { creates: true });
  refuseOtherAddress(address);
  // Resolved, so that no file name means a database in memory.
  return sqlite({ path: resolve(address), durability });
}

/** Otherwise a misspelt address would be the name of a file. */
function refuseOtherAddress(address: Address): void {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(address)) {
    throw usageError(`${address}: a database is a file, or postgres://user@host/database`);
  }
}

/** Throws if there is no file to read. */
export function refuseMissing(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new CommandLineError(EXIT.failed, `${path}: there is no such file`);
  if (found.isDirectory()) throw new CommandLineError(EXIT.failed, `${path}: this is a folder, not a database`);
  // SQLite would take an empty file for a new database.
  if (found.isFile() && found.size === 0) throw new CommandLineError(EXIT.failed, `${path}: this file is empty`);
}
