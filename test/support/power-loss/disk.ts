import type { Random } from "../random.ts";

/** The size of an atomic write; a longer write may be torn at these boundaries. */
const SECTOR = 512;

/** Thrown by everything that touches the disk once the power is gone. */
export class PowerLoss extends Error {
  constructor() {
    super("the power is gone");
    this.name = "PowerLoss";
  }
}

/** The unflushed writes of one file, in order. */
type Pending =
  | { readonly kind: "write"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly size: number };

/** Whether the disk really flushes this file, or only claims to. */
type FlushRule = (file: StoredFile) => boolean;

/**
 * A disk in memory. A power failure keeps what was flushed; what was only written may be kept or lost, in any order and
 * in pieces.
 */
export interface Disk {
  /** The root folder, which has no name. */
  readonly root: Folder;
  /** The number of writes, truncations and flushes since the power came back. */
  readonly steps: number;
  /** The flushed files, one entry for each flush, since the power came back. */
  readonly flushes: readonly StoredFile[];
  /** Makes the power fail before this step. */
  cutPowerAt(step: number): void;
  readonly hasPower: boolean;
  /** Restores the power: each file has what was flushed, and a random part of the rest. */
  restart(random: Random): void;
  /** Counts a step; throws if there is no power. */
  spend(): void;
  flush(file: StoredFile): void;
}

export function createDisk(honours: FlushRule = () => true): Disk {
  const root = new Folder("", "");
  let steps = 0;
  let flushes: StoredFile[] = [];
  let last = Infinity;
  return {
    root,
    get steps() {
      return steps;
    },
    get flushes() {
      return flushes;
    },
    get hasPower() {
      return steps < last;
    },
    cutPowerAt(step) {
      last = steps + step;
    },
    spend() {
      if (steps < last) steps += 1;
      if (steps >= last) throw new PowerLoss();
    },
    flush(file) {
      this.spend();
      flushes.push(file);
      if (honours(file)) file.flush();
    },
    restart(random) {
      for (const file of filesIn(root)) file.settle(random);
      steps = 0;
      flushes = [];
      last = Infinity;
    },
  };
}

export class Folder {
  readonly kind = "directory";
  readonly entries = new Map<string, Folder | StoredFile>();
  readonly name: string;
  readonly path: string;

  constructor(name: string, path: string) {
    this.name = name;
    this.path = path;
  }
}

/** A file: its contents as programs see them, and as they are safely on disk. */
export class StoredFile {
  readonly kind = "file";
  readonly name: string;
  readonly path: string;
  readonly seen = new Bytes();
  isOpen = false;
  #certain = new Bytes();
  #pending: Pending[] = [];

  constructor(name: string, path: string) {
    this.name = name;
    this.path = path;
  }

  change(change: Pending): void {
    apply(this.seen, change);
    this.#pending.push(change);
  }

  flush(): void {
    for (const change of this.#pending) apply(this.#certain, change);
    this.#pending = [];
  }

  /** Returns what is left of the file after a power failure. */
  settle(random: Random): void {
    for (const change of survivors(this.#pending, random)) apply(this.#certain, change);
    this.#pending = [];
    this.seen.replaceBy(this.#certain);
    this.isOpen = false;
  }
}

/** A growing buffer; bytes that were never written are zero. */
class Bytes {
  size = 0;
  #store = new Uint8Array(SECTOR);

  read(into: Uint8Array, at: number): number {
    const found = this.#store.subarray(Math.min(at, this.size), Math.min(at + into.length, this.size));
    into.set(found);
    return found.length;
  }

  write(bytes: Uint8Array, at: number): void {
    const end = at + bytes.length;
    this.#reserve(end);
    this.#store.set(bytes, at);
    this.size = Math.max(this.size, end);
  }

  truncate(size: number): void {
    this.#reserve(size);
    if (size < this.size) this.#store.fill(0, size, this.size);
    this.size = size;
  }

  replaceBy(other: Bytes): void {
    this.#store = other.#store.slice();
    this.size = other.size;
  }

  #reserve(size: number): void {
    if (size <= this.#store.length) return;
    const larger = new Uint8Array(Math.max(size, this.#store.length * 2));
    larger.set(this.#store);
    this.#store = larger;
  }
}

function apply(bytes: Bytes, change: Pending): void {
  if (change.kind === "write") bytes.write(change.bytes, change.at);
  else bytes.truncate(change.size);
}

/** Keeps nothing, everything, a torn beginning, or any sectors in any order. */
function survivors(pending: readonly Pending[], random: Random): readonly Pending[] {
  const pieces = pending.flatMap(inSectors);
  switch (random.below(8)) {
    case 0:
      return [];
    case 1:
      return pieces;
    case 2:
    case 3:
      return pieces.slice(0, random.below(pieces.length + 1));
    default: {
      const share = random.below(100);
      return shuffled(pieces, random).filter(() => random.below(100) < share);
    }
  }
}

function inSectors(change: Pending): readonly Pending[] {
  if (change.kind === "truncate") return [change];
  const pieces: Pending[] = [];
  for (let start = 0; start < change.bytes.length;) {
    const at = change.at + start;
    const end = Math.min(change.bytes.length, start + SECTOR - (at % SECTOR));
    pieces.push({ kind: "write", at, bytes: change.bytes.subarray(start, end) });
    start = end;
  }
  return pieces;
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const copy = [...items];
  for (let index = copy.length - 1; index > 0; index--) {
    const other = random.below(index + 1);
    [copy[index], copy[other]] = [copy[other] as T, copy[index] as T];
  }
  return copy;
}

function filesIn(folder: Folder): StoredFile[] {
  return [...folder.entries.values()].flatMap((entry) => (entry.kind === "file" ? [entry] : filesIn(entry)));
}
