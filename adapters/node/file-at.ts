import { statSync } from "node:fs";

/** What tells a file from another one that later has its path; undefined if there is none, or it may not be asked. */
export function fileAt(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}
