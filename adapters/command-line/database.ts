import { statSync } from "node:fs";
import { resolve } from "node:path";
import { openEventStore, type EventStore } from "../../src/index.ts";
import { sqlite } from "../node-engines/index.ts";
import { CommandLineError, EXIT } from "./command.ts";

/** Opens an existing database. Reading never creates one. */
export async function openExisting(path: string): Promise<EventStore> {
  refuseMissing(path);
  return open(path, "full");
}

/** Opens a database, and creates it if it is missing. */
export async function openOrMake(path: string, durability: "full" | "normal"): Promise<EventStore> {
  return open(path, durability);
}

/** Checks that there is a database to read. @throws a `CommandLineError`. */
export function refuseMissing(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new CommandLineError(EXIT.failed, `${path}: there is no such file`);
  if (found.isDirectory()) throw new CommandLineError(EXIT.failed, `${path}: this is a folder, not a database`);
  // SQLite would take an empty file for a new database.
  if (found.isFile() && found.size === 0) throw new CommandLineError(EXIT.failed, `${path}: this file is empty`);
}

async function open(path: string, durability: "full" | "normal"): Promise<EventStore> {
  // Resolved, so that no file name means a database in memory.
  return openEventStore(sqlite({ path: resolve(path), durability }));
}
