import type { EventStorage } from "../../src/adapter.ts";

/** How many events are appended between two pauses: a few milliseconds of work. */
const EVENTS = 100;

const { setTimeout } = globalThis as unknown as { setTimeout(task: () => void, milliseconds: number): unknown };

/** Runs a task later, so that other requests of the object can run first, even if a test has replaced the timers since. */
export function defer(task: () => void): void {
  setTimeout(task, 0);
}

/**
 * Lets other requests of the object run between appends. The store itself yields by time, but the clock of a deployed object stands still
 * while code runs (https://developers.cloudflare.com/workers/reference/security-model/).
 */
export function withPauses(storage: EventStorage): EventStorage {
  let events = 0;
  return {
    ...storage,
    async append(requests) {
      if (events >= EVENTS) {
        events = 0;
        await new Promise<void>(defer);
      }
      for (const { entries } of requests) for (const entry of entries) events += entry.events.length;
      return storage.append(requests);
    },
  };
}
