/**
 * The address of the last file of this kind that was asked for, since `started`: a bundler may have moved it anywhere, and
 * only the browser knows.
 */
export function lastFetched(kind: RegExp, started = 0): string | undefined {
  return performance
    .getEntriesByType("resource")
    .reverse()
    .find(({ name, startTime }) => startTime >= started && kind.test(name))?.name;
}
