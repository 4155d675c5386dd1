/** As many bytes are gathered at most; a commit of a thousand events is half of it. */
const CAPACITY = 1 << 20;
const FIRST_CAPACITY = 1 << 16;

/**
 * After a flush so many writes go straight through. SQLite fills the log up to a whole sector and flushes in the middle of the
 * last frame (https://sqlite.org/atomiccommit.html, "powersafe overwrite"): what is left of it comes after the flush, in two
 * writes at most, and belongs to a commit that is already acknowledged. So nothing that is gathered ever does.
 */
const STRAIGHT = 2;

interface Place {
  /** From the file's beginning, in bytes. */
  readonly at: number;
}

/** What the VFS uses of a file (https://fs.spec.whatwg.org/#api-filesystemsyncaccesshandle), whose types pages lack. */
export interface FileAccess {
  read(into: Uint8Array, place: Place): number;
  write(bytes: Uint8Array, place: Place): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

/**
 * A file to which writes that follow each other are handed together: SQLite writes two pieces a page, and each costs a browser
 * as much as all of them. It is for `synchronous = full` alone: there SQLite trusts nothing that it has not flushed, and hears of what
 * could not be written from its next flush at the latest.
 */
export function gatherWrites(file: FileAccess): FileAccess {
  let gathered = new Uint8Array(0);
  let start = 0;
  let length = 0;
  let straight = STRAIGHT;
  let lost: unknown;

  /** What cannot be written is gone: the transaction that it is part of fails. */
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
    read(into, place) {
      try {
        handOver();
      } catch (error) {
        // Whoever reads may go on, and must not be told later that all is on disk.
        lost = error;
        throw error;
      }
      return file.read(into, place);
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
 * Has the files that are opened during some work gather their writes: a pool opens its own, and takes none from elsewhere. This
 * is in a worker that does nothing else meanwhile.
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
