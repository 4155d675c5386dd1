import Database from "better-sqlite3";
import type { Page } from "playwright-core";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./temporary.ts";

/** A database as seen by SQLite outside of the browser. */
export interface FoundDatabase {
  /** The result of SQLite's integrity check: "ok". */
  readonly integrity: unknown;
  /** The events in order. */
  readonly events: readonly (readonly [position: number, stream: string, data: unknown])[];
}

/**
 * Reads a store's own files, including the log, as they are. No tab may have the store open, and the page has to be of
 * its site.
 */
export async function lookAtFiles(page: Page, store: string): Promise<FoundDatabase> {
  return lookAtPool(await page.evaluate((name) => window.poolFiles(name), store));
}

/** The same for files that a page has read: in Base64, by SQLite's names. */
export function lookAtPool(files: Readonly<Record<string, string>>): FoundDatabase {
  const folder = temporaryFolder();
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), Buffer.from(bytes, "base64"));
  return lookAt(join(folder, "events.db"));
}

/** Writes the database that a page exports to a file; returns its path. */
export async function exportTo(folder: string, page: Page): Promise<string> {
  const path = join(folder, "exported.db");
  writeFileSync(path, Buffer.from(await page.evaluate(() => window.tab.export()), "base64"));
  return path;
}

/** Opens a database exclusively, as the browser does, so that a log of the browser is applied. */
export function lookAt(path: string): FoundDatabase {
  const database = new Database(path, { fileMustExist: true });
  try {
    database.pragma("locking_mode = exclusive");
    const rows = database
      .prepare(
        `SELECT position, streams.name AS stream, data FROM events JOIN streams ON streams.id = events.stream ORDER BY position`,
      )
      .all() as { position: number; stream: string; data: string | null }[];
    return {
      integrity: database.pragma("integrity_check", { simple: true }),
      events: rows.map(({ position, stream, data }) => [
        position,
        stream,
        data === null ? undefined : JSON.parse(data),
      ]),
    };
  } finally {
    database.close();
  }
}
