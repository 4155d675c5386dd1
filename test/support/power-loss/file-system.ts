import { Folder, PowerLoss, StoredFile, type Disk } from "./disk.ts";

/**
 * Replaces the browser's origin private file system (https://fs.spec.whatwg.org) by a disk, as far as the opfs-sahpool
 * VFS uses it. Returns a function that undoes this.
 */
export function mountDisk(disk: Disk): () => void {
  const globals = {
    // Only its existence is checked.
    FileSystemHandle: Object,
    FileSystemDirectoryHandle: DirectoryHandle,
    FileSystemFileHandle: FileHandle,
    navigator: { storage: { getDirectory: async () => new DirectoryHandle(disk, disk.root) } },
    performance: hastening(disk),
  };
  const before = Object.keys(globals).map((key) => [key, Object.getOwnPropertyDescriptor(globalThis, key)] as const);
  for (const [key, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, key, { configurable: true, writable: true, value });
  }
  return () => {
    for (const [key, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, key);
      else Object.defineProperty(globalThis, key, descriptor);
    }
  };
}

/** Code that waits for files until a deadline need not wait without power. */
function hastening(disk: Disk): Pick<Performance, "now"> {
  const { performance } = globalThis;
  return { now: () => (disk.hasPower ? performance.now() : Infinity) };
}

class DirectoryHandle {
  readonly kind = "directory";
  readonly name: string;
  readonly #disk: Disk;
  readonly #folder: Folder;

  constructor(disk: Disk, folder: Folder) {
    this.#disk = disk;
    this.#folder = folder;
    this.name = folder.name;
  }

  async getDirectoryHandle(name: string, options: { create?: boolean } = {}): Promise<DirectoryHandle> {
    const path = `${this.#folder.path}/${name}`;
    const entry = this.#entry(name, options.create === true ? () => new Folder(name, path) : undefined);
    if (entry.kind !== "directory") throw new DOMException(`${path} is a file`, "TypeMismatchError");
    return new DirectoryHandle(this.#disk, entry);
  }

  async getFileHandle(name: string, options: { create?: boolean } = {}): Promise<FileHandle> {
    const path = `${this.#folder.path}/${name}`;
    const entry = this.#entry(name, options.create === true ? () => new StoredFile(name, path) : undefined);
    if (entry.kind !== "file") throw new DOMException(`${path} is a directory`, "TypeMismatchError");
    return new FileHandle(this.#disk, entry);
  }

  async removeEntry(name: string, options: { recursive?: boolean } = {}): Promise<void> {
    const entry = this.#entry(name);
    if (entry.kind === "file" && entry.isOpen) throw new DOMException(name, "NoModificationAllowedError");
    if (entry.kind === "directory" && entry.entries.size > 0 && options.recursive !== true) {
      throw new DOMException(name, "InvalidModificationError");
    }
    this.#disk.spend();
    this.#folder.entries.delete(name);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<[string, DirectoryHandle | FileHandle]> {
    for (const [name, entry] of this.#folder.entries) {
      yield [name, entry.kind === "file" ? new FileHandle(this.#disk, entry) : new DirectoryHandle(this.#disk, entry)];
    }
  }

  #entry(name: string, make?: () => Folder | StoredFile): Folder | StoredFile {
    const found = this.#folder.entries.get(name);
    if (found !== undefined) return found;
    if (make === undefined) throw new DOMException(`there is no ${name}`, "NotFoundError");
    this.#disk.spend();
    const made = make();
    this.#folder.entries.set(name, made);
    return made;
  }
}

class FileHandle {
  readonly kind = "file";
  readonly name: string;
  readonly #disk: Disk;
  readonly #file: StoredFile;

  constructor(disk: Disk, file: StoredFile) {
    this.#disk = disk;
    this.#file = file;
    this.name = file.name;
  }

  async createSyncAccessHandle(): Promise<SyncAccessHandle> {
    if (this.#file.isOpen) throw new DOMException(`${this.name} is open already`, "NoModificationAllowedError");
    this.#file.isOpen = true;
    return new SyncAccessHandle(this.#disk, this.#file);
  }
}

interface FileOffset {
  /** The offset in the file, in bytes. The VFS always passes it. */
  readonly at: number;
}

class SyncAccessHandle {
  readonly #disk: Disk;
  readonly #file: StoredFile;

  constructor(disk: Disk, file: StoredFile) {
    this.#disk = disk;
    this.#file = file;
  }

  read(into: ArrayBufferView, { at }: FileOffset): number {
    if (!this.#disk.hasPower) throw new PowerLoss();
    return this.#file.seen.read(bytesOf(into), at);
  }

  write(from: ArrayBufferView, { at }: FileOffset): number {
    this.#disk.spend();
    // A copy, because the source memory continues to change.
    const bytes = bytesOf(from).slice();
    this.#file.change({ kind: "write", at, bytes });
    return bytes.length;
  }

  truncate(size: number): void {
    this.#disk.spend();
    this.#file.change({ kind: "truncate", size });
  }

  flush(): void {
    this.#disk.flush(this.#file);
  }

  getSize(): number {
    return this.#file.seen.size;
  }

  close(): void {
    this.#file.isOpen = false;
  }
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
