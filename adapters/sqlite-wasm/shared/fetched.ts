/**
 * The address of the last file of this kind that was asked for, since `started`: a bundler may have moved it anywhere, and
 * only the browser knows.
 */
export function lastFetched(kind: RegExp, started = 0): string | undefined {
  let last: string | undefined;
  for (const { name, startTime } of performance.getEntriesByType("resource")) {
    if (startTime >= started && kind.test(name)) last = name;
  }
  return last;
}
