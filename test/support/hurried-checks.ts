/**
 * Import this before anything of the package, which takes timers once, when it is loaded. A connection that listens for news is then
 * checked a hundred times as often, and given up as much sooner. Fake timers do not go together with sockets that are open already.
 */
const HURRIED: ReadonlySet<unknown> = new Set([30_000, 5_000]);

const original = globalThis.setTimeout;
globalThis.setTimeout = ((task: () => void, milliseconds?: number, ...rest: never[]) =>
  original(
    task,
    HURRIED.has(milliseconds) ? (milliseconds as number) / 100 : milliseconds,
    ...rest,
  )) as typeof setTimeout;
