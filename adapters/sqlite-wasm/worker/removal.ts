import type { ResourceNames } from "../shared/resource-names.ts";
import { FILE } from "./database.ts";
import type { FileAccess } from "./gathered-writes.ts";
import { POOL_FOLDER, retrying } from "./pool.ts";

/**
 * The pool's header in each of its files, in bytes. It starts with SQLite's name for the file, terminated by a zero.
 */
const HEADER_BYTES = 4096;

/**
 * Removes a store's files. A crash leaves either the whole database or nothing. Only the holder of the store's lock may
 * call it. Rejects with `storage-unavailable` if the files stay in use.
 */
export async function removeDatabase({ directory }: ResourceNames): Promise<void> {
  const [parent = "", child = ""] = directory.split("/");
  const root = await navigator.storage.getDirectory();
  const stores = await root.getDirectoryHandle(parent, { create: true });
  await retrying(async () => {
    await unlessMissing(async () => {
      const store = await stores.getDirectoryHandle(child);
      await empty(await store.getDirectoryHandle(POOL_FOLDER));
    });
    await unlessMissing(() => stores.removeEntry(child, { recursive: true }));
  });
}

/**
 * Empties all files of a pool, starting with the database. A browser removes a folder file by file, in any order; a
 * crash in between would leave a database without the end of its log. For an empty database SQLite ignores the log
 * (https://sqlite.org/wal.html#walfile).
 */
async function empty(pool: FileSystemDirectoryHandle): Promise<void> {
  const files: FileAccess[] = [];
  try {
    for await (const file of (pool as unknown as PoolFolder).values()) files.push(await file.createSyncAccessHandle());
    const database = files.find((file) => nameOf(file) === FILE);
    if (database !== undefined) clear(database);
    for (const file of files) if (nameOf(file) !== "") clear(file);
  } finally {
    for (const file of files) file.close();
  }
}

/** The methods of a folder that are used; the types of pages lack them. */
interface PoolFolder {
  values(): AsyncIterable<{ createSyncAccessHandle(): Promise<FileAccess> }>;
}

function nameOf(file: FileAccess): string {
  const header = new Uint8Array(HEADER_BYTES);
  file.read(header, { at: 0 });
  return new TextDecoder().decode(header.subarray(0, header.indexOf(0)));
}

/** Marks a file as unused in the pool. The file does not grow, because the disk may be full. */
function clear(file: FileAccess): void {
  const size = Math.min(HEADER_BYTES, file.getSize());
  file.write(new Uint8Array(size), { at: 0 });
  file.truncate(size);
  file.flush();
}

async function unlessMissing(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "NotFoundError")) throw error;
  }
}
