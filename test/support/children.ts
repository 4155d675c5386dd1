import { readdirSync, readFileSync } from "node:fs";

/** Returns the running child processes of a process, from Linux's /proc. */
export function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

/** Returns how long a process has computed; 0 if it does not exist. */
export function secondsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    // In its own code and in the kernel's, in hundredths of a second.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
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
