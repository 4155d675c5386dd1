import { readdirSync, readFileSync } from "node:fs";

/** Returns the running child processes of a process, from Linux's /proc. */
export function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

export function isRunning(pid: number): boolean {
  return parentOf(pid) !== undefined;
}

/** Returns undefined if the process does not exist, or has ended and is a zombie. */
function parentOf(pid: number): number | undefined {
  try {
    // The fields after the name, which may contain anything but ends with the last parenthesis (proc_pid_stat(5)).
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return state === "Z" ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}
