/** The most bytes that are gathered; a commit of a thousand events has half as many. */
const CAPACITY = 1 << 20;
const FIRST_CAPACITY = 1 << 16;

/**
 * This many writes after a flush are not gathered. SQLite fills the log up to a whole sector and flushes in the middle
 * of the last frame (https://sqlite.org/atomiccommit.html, "powersafe overwrite"). The rest of that frame follows the
 * flush, in two writes at most, and belongs to a commit that is already acknowledged. So no gathered write ever belongs
 * to an acknowledged commit.
 */
const STRAIGHT = 2;

interface FileOffset {
  /** The offset in the file, in bytes. */
  readonly at: number;
}

/**
 * The methods of a file that the VFS uses (https://fs.spec.whatwg.org/#api-filesystemsyncaccesshandle); the types of
 * pages lack them.
 */
export interface FileAccess {
  read(into: Uint8Array, offset: FileOffset): number;
  write(bytes: Uint8Array, offset: FileOffset): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

/**
 * Wraps a file so that consecutive writes are passed on together. SQLite writes each page in two pieces, and each piece
 * costs a browser as much as one large write. Only for `synchronous = full`: then SQLite relies on nothing that it has
 * not flushed, and learns of a failed write at its next flush at the latest.
 */
export function gatherWrites(file: FileAccess): FileAccess {
  let gathered = new Uint8Array(0);
  let start = 0;
  let length = 0;
  let straight = STRAIGHT;
  let lost: unknown;

  /** Writes that fail are lost, and the transaction that they belong to fails. */
  function handOver(): void {
    if (length === 0) return;
    const bytes = gathered.subarray(0, length);
    length = 0;
    const written = file.write(bytes, { at: start });
    if (written !== bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes were written`);
  }

  function gather(bytes: Uint8Array, at: number): number {
    if (at !== start + length || length + bytes.length > CAPACITY) handOver();
    if (length === 0) start = at;
    if (length + bytes.length > gathered.length) grow(length + bytes.length);
    gathered.set(bytes, length);
    length += bytes.length;
    return bytes.length;
  }

  function grow(least: number): void {
    const larger = new Uint8Array(Math.max(least, FIRST_CAPACITY, Math.min(CAPACITY, gathered.length * 2)));
    larger.set(gathered.subarray(0, length));
    gathered = larger;
  }

  return {
    write(bytes, { at }) {
      if (straight === 0 && bytes.length <= CAPACITY) return gather(bytes, at);
      straight = Math.max(0, straight - 1);
      handOver();
      return file.write(bytes, { at });
    },
    read(into, offset) {
      try {
        handOver();
      } catch (error) {
        // The read may continue, but a later flush must not report success.
        lost = error;
        throw error;
      }
      return file.read(into, offset);
    },
    truncate(size) {
      handOver();
      file.truncate(size);
    },
    getSize: () => Math.max(file.getSize(), length === 0 ? 0 : start + length),
    flush() {
      const error = lost;
      lost = undefined;
      if (error !== undefined) throw error;
      handOver();
      file.flush();
      straight = STRAIGHT;
    },
    close() {
      try {
        handOver();
      } finally {
        file.close();
      }
    },
  };
}

interface FileHandles {
  createSyncAccessHandle(...options: unknown[]): Promise<FileAccess>;
}

/**
 * Gathers the writes of all files that are opened during `work`: a pool opens its own files, and accepts none from
 * outside. This runs in a worker that does nothing else meanwhile.
 */
export async function gatheringWrites<T>(work: () => Promise<T>): Promise<T> {
  const files = FileSystemFileHandle.prototype as unknown as FileHandles;
  const { createSyncAccessHandle: original } = files;
  files.createSyncAccessHandle = async function open(this: FileHandles, ...options) {
    return gatherWrites(await original.apply(this, options));
  };
  try {
    return await work();
  } finally {
    files.createSyncAccessHandle = original;
  }
}
