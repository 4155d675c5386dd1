import { readFileSync } from "node:fs";
import { getHeapStatistics } from "node:v8";

const MEGABYTE = 2 ** 20;

/** glibc gives threads memory in regions that begin at a multiple of this (`HEAP_MAX_SIZE` of malloc/arena.c, on 64-bit machines). */
const THREAD_REGION = 0x4000000n;

/** The parts of a process's memory, in MB. */
export interface MemoryParts {
  readonly "JavaScript's memory, MB": number;
  readonly "reserved by V8 for it, MB": number;
  readonly "array buffers, MB": number;
  readonly "allocated by V8 outside of its heap, MB": number;
  readonly "C's heap of the main thread, MB": number;
  readonly "C's heaps of other threads, MB": number;
  readonly "mapped files, MB": number;
  readonly "the process's memory, MB": number;
}

/** Measures this process. Linux alone tells what is C's. */
export function memoryParts(): MemoryParts {
  const { heapTotal, heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  const parts = { main: 0, threads: 0, files: 0 };
  for (const { start, path, resident } of mappings()) {
    if (path === "[heap]") parts.main += resident;
    else if (path.startsWith("/")) parts.files += resident;
    else if (path === "" && BigInt(`0x${start}`) % THREAD_REGION === 0n) parts.threads += resident;
  }
  return {
    "JavaScript's memory, MB": (heapUsed + external) / MEGABYTE,
    "reserved by V8 for it, MB": heapTotal / MEGABYTE,
    "array buffers, MB": arrayBuffers / MEGABYTE,
    "allocated by V8 outside of its heap, MB": getHeapStatistics().malloced_memory / MEGABYTE,
    "C's heap of the main thread, MB": parts.main / 1_024,
    "C's heaps of other threads, MB": parts.threads / 1_024,
    "mapped files, MB": parts.files / 1_024,
    "the process's memory, MB": rss / MEGABYTE,
  };
}

/** The process's mappings, with what of them is in memory, in kB (proc_pid_smaps(5)). */
function* mappings(): Generator<{ readonly start: string; readonly path: string; readonly resident: number }> {
  let start = "";
  let path = "";
  for (const line of readFileSync("/proc/self/smaps", "utf8").split("\n")) {
    const head = /^([\da-f]+)-[\da-f]+ \S+ \S+ \S+ \d+ *(.*)$/.exec(line);
    if (head !== null) [, start, path] = head as unknown as [string, string, string];
    const resident = /^Rss: +(\d+) kB$/.exec(line)?.[1];
    if (resident !== undefined) yield { start, path, resident: Number(resident) };
  }
}
