/**
 * Import this before anything of the package, which takes timers once, when it is loaded. A connection that listens for news is then
 * checked a hundred times as often, and given up as much sooner. Fake timers do not go together with sockets that are open already.
 */
const HURRIED: ReadonlySet<unknown> = new Set([30_000, 5_000]);

/** How many timers have been shortened. */
export const hurried = { timers: 0 };

const original = globalThis.setTimeout;
globalThis.setTimeout = ((task: () => void, milliseconds?: number, ...rest: never[]) => {
  if (!HURRIED.has(milliseconds)) return original(task, milliseconds, ...rest);
  hurried.timers += 1;
  return original(task, (milliseconds as number) / 100, ...rest);
}) as typeof setTimeout;
