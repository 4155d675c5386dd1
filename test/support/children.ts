import { readdirSync, readFileSync } from "node:fs";

/** Returns the running child processes of a process, from Linux's /proc. */
export function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

/** Returns the group of a process; undefined if it does not exist. */
export function groupOf(pid: number): number | undefined {
  try {
    return Number(fieldsOf(pid)[2]);
  } catch {
    return undefined;
  }
}

/** Returns how long a process has computed; 0 if it does not exist. */
export function secondsOf(pid: number): number {
  try {
    const fields = fieldsOf(pid);
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
    const [state, parent] = fieldsOf(pid);
    return state === "Z" ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

/** The fields after the name, which may contain anything but ends with the last parenthesis (proc_pid_stat(5)). */
function fieldsOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
}
