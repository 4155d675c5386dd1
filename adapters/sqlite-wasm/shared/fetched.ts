/**
 * Returns the address of the last file of this kind that was requested since `started`. A bundler may have moved the
 * file, and only the browser knows its address.
 */
export function lastFetched(kind: RegExp, started = 0): string | undefined {
  let last: string | undefined;
  for (const { name, startTime } of performance.getEntriesByType("resource")) {
    if (startTime >= started && kind.test(name)) last = name;
  }
  return last;
}
