import { spawn } from "node:child_process";
import type { Socket } from "node:net";

/** Waits until the process that started it is gone, however that ended. Then it kills a group of processes, and removes a folder. */
const GUARD = 'cat; kill -s KILL -- "-$1"; rm -rf "$2" || { sleep 1; rm -rf "$2"; }';

/**
 * Makes sure that a group of processes does not outlive this process, which a signal may end at any time. Returns what has to be called
 * once the group has ended.
 */
export function guardGroup(group: number, folder: string): () => void {
  const guard = spawn("sh", ["-c", GUARD, "guard", String(group), folder], {
    cwd: "/",
    // It outlives signals to the whole group of this process, such as Ctrl+C.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  (guard.stdin as Socket).unref();
  return () => void guard.kill("SIGKILL");
}
