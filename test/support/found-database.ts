import Database from "better-sqlite3";
import type { Page } from "playwright-core";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./temporary.ts";

/** A database as SQLite outside of the browser finds it. */
export interface FoundDatabase {
  /** What SQLite itself finds wrong with it: "ok". */
  readonly integrity: unknown;
  /** In their order. */
  readonly events: readonly (readonly [position: number, stream: string, data: unknown])[];
}

/** Looks at a store's own files, log and all, as they are. No tab may have it open, and the page has to be of its site. */
export async function lookAtFiles(page: Page, store: string): Promise<FoundDatabase> {
  return lookAtPool(await page.evaluate((name) => window.poolFiles(name), store));
}

/** The same, of files that a page has read: in Base64, by SQLite's names for them. */
export function lookAtPool(files: Readonly<Record<string, string>>): FoundDatabase {
  const folder = temporaryFolder();
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), Buffer.from(bytes, "base64"));
  return lookAt(join(folder, "events.db"));
}

/** Writes what a page exports to a file; tells where. */
export async function exportTo(folder: string, page: Page): Promise<string> {
  const path = join(folder, "exported.db");
  writeFileSync(path, Buffer.from(await page.evaluate(() => window.tab.export()), "base64"));
  return path;
}

/** Opens a database for itself alone, as the browser does, so that a log of the browser's is taken in. */
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
