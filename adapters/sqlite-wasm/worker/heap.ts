import type { Sqlite3Static } from "@sqlite.org/sqlite-wasm";

/** Shorter texts are written character by character, which is faster than calling the encoder. */
const SHORT = 48;

/** SQLite's memory, with one scratch buffer in it that holds the values bound to a statement. */
export interface Heap {
  /** Empties the scratch buffer and makes room for this many bytes. Has to be called before anything is put. */
  begin(bytes: number): void;
  /** Puts a text as UTF-8, without a terminating zero, and returns its address; `written` returns its length in bytes. */
  putText(text: string): number;
  putBytes(bytes: Uint8Array): number;
  /** Reserves space that SQLite writes to, aligned to 8 bytes. Returns its address. */
  reserve(bytes: number): number;
  /** Returns the length of the last text in bytes. */
  written(): number;
  /** Reads the pointer at this address. */
  pointerAt(address: number): number;
  /** Reads a text of this many bytes, or up to its terminating zero. */
  text(address: number, bytes?: number): string;
  /** Copies bytes. */
  bytes(address: number, length: number): Uint8Array<ArrayBuffer>;
  free(): void;
}

export function createHeap(wasm: Sqlite3Static["wasm"]): Heap {
  const encoder = new TextEncoder();
  // Otherwise the decoder takes U+FEFF at the start of a text for a byte order mark, and drops it.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let capacity = 64 * 1024;
  let scratch = wasm.alloc(capacity);
  let view = wasm.heap8u();
  let end = scratch;
  let written = 0;

  /** When the memory has grown, every earlier view is empty. */
  function look(): Uint8Array {
    if (view.length === 0) view = wasm.heap8u();
    return view;
  }

  function putText(text: string): number {
    const memory = look();
    const start = end;
    if (text.length > SHORT || !putAscii(memory, text)) {
      end = start + encoder.encodeInto(text, memory.subarray(start, scratch + capacity)).written;
    }
    written = end - start;
    return start;
  }

  function putAscii(memory: Uint8Array, text: string): boolean {
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 127) return false;
      memory[end + index] = code;
    }
    end += text.length;
    return true;
  }

  return {
    begin(bytes) {
      if (bytes > capacity) {
        wasm.dealloc(scratch);
        capacity = bytes * 2;
        scratch = wasm.alloc(capacity);
      }
      end = scratch;
    },
    putText,
    putBytes(bytes) {
      const start = end;
      look().set(bytes, start);
      end += bytes.length;
      return start;
    },
    reserve(bytes) {
      const start = (end + 7) & ~7;
      end = start + bytes;
      return start;
    },
    // No getter: V8 would make a dictionary of the heap, which every statement uses.
    written: () => written,
    pointerAt: (address) => new DataView(look().buffer).getUint32(address, true),
    text(address, bytes) {
      const memory = look();
      const stop = bytes === undefined ? memory.indexOf(0, address) : address + bytes;
      return decoder.decode(memory.subarray(address, stop));
    },
    bytes: (address, length) => look().slice(address, address + length),
    free: () => wasm.dealloc(scratch),
  };
}
