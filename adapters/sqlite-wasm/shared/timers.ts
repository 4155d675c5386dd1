// Taken once: an application's tests may put others in the place of the globals, which stand still until they are told to go on.
export const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout;
export const clearTimeout: typeof globalThis.clearTimeout = globalThis.clearTimeout;
export const setInterval: typeof globalThis.setInterval = globalThis.setInterval;
export const clearInterval: typeof globalThis.clearInterval = globalThis.clearInterval;
export const queueMicrotask: typeof globalThis.queueMicrotask = globalThis.queueMicrotask;
