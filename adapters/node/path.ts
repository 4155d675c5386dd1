import { realpathSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EventStoreError, invalidArgument, messageOf } from "../../src/adapter.ts";

const ADVICE = "give the name of a file, or leave path out for a database in memory";

/**
 * Returns the file name of a `path` option.
 *
 * @throws `invalid-argument` for a path that a binding or SQLite might take for another file: white space at the ends,
 * which better-sqlite3 removes, URLs written as strings, and ":memory:".
 */
export function fileOf(path: unknown): string {
  if (path instanceof URL) return checkText(fileOfUrl(path));
  if (typeof path !== "string") throw invalidArgument("path", `path must be a string or a file: URL: ${ADVICE}`);
  if (path === ":memory:") throw invalidArgument("path", `path ":memory:" is not a file: ${ADVICE}`);
  if (/^file:/i.test(path)) {
    throw invalidArgument("path", "path is a file: URL as a string: give new URL(…), or the name of the file");
  }
  return checkText(path);
}

function fileOfUrl(url: URL): string {
  if (url.search !== "" || url.hash !== "") throw invalidArgument("path", "path must be a file: URL without ? and #");
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw invalidArgument("path", `path must be a file: URL, not ${url.href}: ${messageOf(error)}`);
  }
}

function checkText(path: string): string {
  if (path === "") throw invalidArgument("path", `path is empty: ${ADVICE}`);
  if (path.trim() !== path) {
    throw invalidArgument("path", `path ${JSON.stringify(path)} has white space at an end: remove it`);
  }
  if (/\p{Cc}/u.test(path)) throw invalidArgument("path", `path ${JSON.stringify(path)} contains a control character`);
  if (/\p{Surrogate}/u.test(path))
    throw invalidArgument("path", `path ${JSON.stringify(path)} is not well-formed Unicode`);
  if (/[/\\]$/.test(path)) throw invalidArgument("path", `path ${JSON.stringify(path)} names a folder: ${ADVICE}`);
  return path;
}

/** The suffixes of the files that SQLite keeps beside a database (https://sqlite.org/tempfiles.html). */
const COMPANIONS = ["-journal", "-wal", "-shm"];

/**
 * Checks that the database, and every file that SQLite would open beside it, is a regular file or missing: a pipe would
 * block the thread for ever, and a device must not be written to.
 *
 * @throws `storage-unavailable`.
 */
export function refuseOtherThanFiles(path: string): void {
  if (isOtherThanFile(path)) throw noFile("it");
  const companion = COMPANIONS.map((end) => realPathOf(path) + end).find(isOtherThanFile);
  if (companion !== undefined) throw noFile(companion);
}

function isOtherThanFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === false;
  } catch {
    // SQLite has the best message about a file that cannot be reached.
    return false;
  }
}

/** SQLite keeps these files beside the file itself, not beside a link to the file. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function noFile(what: string): EventStoreError {
  const message = `${what} is not a regular file but a folder, a pipe or a device: choose another path`;
  return new EventStoreError("storage-unavailable", message, { reason: "no-file" });
}
