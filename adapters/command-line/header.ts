import { closeSync, openSync, readSync } from "node:fs";

/** The newest version of a file that SQLite writes to: write-ahead logging (https://sqlite.org/fileformat.html). */
const NEWEST_WRITE_VERSION = 2;

/** The offset of the write version in the header. */
const WRITE_VERSION_AT = 18;

/**
 * Returns a problem of a file's header that SQLite only reports when it writes; undefined if there is none.
 */
export function findHeaderProblem(file: string): string | undefined {
  const byte = new Uint8Array(1);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, byte, 0, 1, WRITE_VERSION_AT);
  } finally {
    closeSync(descriptor);
  }
  const [version = 0] = byte;
  if (version <= NEWEST_WRITE_VERSION) return undefined;
  return `its write version is ${version}, and SQLite only writes to files up to ${NEWEST_WRITE_VERSION}: no store can open it`;
}
