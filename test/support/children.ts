import { readdirSync, readFileSync } from "node:fs";

/** The processes that a process has started and that still run; Linux has them under /proc. */
export function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

export function isRunning(pid: number): boolean {
  return parentOf(pid) !== undefined;
}

/** Undefined: there is no such process, or it has ended and only waits to be taken note of. */
function parentOf(pid: number): number | undefined {
  try {
    // After the name, which may hold anything but ends with the last parenthesis (proc_pid_stat(5)).
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return state === "Z" ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}
