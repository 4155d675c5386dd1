/** Each file of SQLite's pool starts with a header of 4,096 bytes, which begins with the name that SQLite uses. */
const HEADER = 4_096;

/** Resolves with the sizes of a store's database and of its log (`-wal`), in bytes. The store may be open. */
export async function sizesOf(store: string): Promise<readonly [database: number, log: number]> {
  let folder = await navigator.storage.getDirectory();
  for (const name of ["rivulet", encodeURIComponent(store), ".opaque"]) folder = await folder.getDirectoryHandle(name);
  let database = 0;
  let log = 0;
  // The types of TypeScript 7 for the DOM lack it.
  for await (const handle of (folder as unknown as { values(): AsyncIterable<FileSystemFileHandle> }).values()) {
    const [name, bytes] = await lookAt(handle);
    if (name.endsWith("-wal")) log = bytes;
    else if (name !== "" && !name.endsWith("-journal")) database = bytes;
  }
  return [database, log];
}

/** Resolves with SQLite's name for a file, which is empty for a free one, and how many bytes follow its header. */
async function lookAt(handle: FileSystemFileHandle): Promise<readonly [name: string, bytes: number]> {
  for (;;) {
    const file = await handle.getFile();
    try {
      const start = new Uint8Array(await file.slice(0, 512).arrayBuffer());
      return [new TextDecoder().decode(start.subarray(0, Math.max(0, start.indexOf(0)))), file.size - HEADER];
    } catch (error) {
      // It was written to after `getFile`.
      if ((error as DOMException).name !== "NotReadableError") throw error;
    }
  }
}
