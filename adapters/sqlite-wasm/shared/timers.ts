// Taken once when loaded: an application's tests may replace the globals with fake timers.
export const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout;
export const clearTimeout: typeof globalThis.clearTimeout = globalThis.clearTimeout;
export const setInterval: typeof globalThis.setInterval = globalThis.setInterval;
export const clearInterval: typeof globalThis.clearInterval = globalThis.clearInterval;

/** Returns milliseconds on a monotonic clock. */
export const monotonicNow: () => number = performance.now.bind(performance);
