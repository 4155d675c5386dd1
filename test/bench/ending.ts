import { childrenOf, groupOf } from "../support/children.ts";

/** The exit codes of a process that has ended because of a signal. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Ends the benchmark and its children when a signal ends it, after `clean`. What it started as the leader of a group, such as a browser,
 * has a guard (`test/support/guarded-group.ts`).
 */
export function endWithChildren(clean: () => void): void {
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      const group = groupOf(process.pid);
      for (const child of childrenOf(process.pid)) if (groupOf(child) === group) process.kill(child, "SIGKILL");
      clean();
      process.exit(code);
    });
  }
}
