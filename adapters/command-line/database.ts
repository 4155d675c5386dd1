import { statSync } from "node:fs";
import { resolve } from "node:path";
import { openEventStore, type EventStore } from "../../src/index.ts";
import { sqlite } from "../node-engines/index.ts";
import { CommandLineError, EXIT } from "./command.ts";

/** Opens a database that is there: reading makes none. */
export async function openExisting(path: string): Promise<EventStore> {
  refuseMissing(path);
  return open(path, "full");
}

/** Opens a database, made where it is not there. */
export async function openOrMake(path: string, durability: "full" | "normal"): Promise<EventStore> {
  return open(path, durability);
}

/** Throws where there is no database to be read. */
export function refuseMissing(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new CommandLineError(EXIT.failed, `${path}: there is no such file`);
  if (found.isDirectory()) throw new CommandLineError(EXIT.failed, `${path}: this is a folder, not a database`);
  // Nothing was ever stored in it: SQLite would take it for a database to be.
  if (found.isFile() && found.size === 0) throw new CommandLineError(EXIT.failed, `${path}: this file is empty`);
}

async function open(path: string, durability: "full" | "normal"): Promise<EventStore> {
  // Resolved, so that no name of a file means a database in memory.
  return openEventStore(sqlite({ path: resolve(path), durability }));
}
