import { createBufferedIterator } from "./buffered-iterator.ts";
import type { Lifecycle } from "./lifecycle.ts";

/** Iterates over the newest value after each change, until `life` ends. Rejects with the error that ended it. */
export function createNewestIterator<T>(
  life: Pick<Lifecycle<[]>, "end" | "moved">,
  newest: () => { readonly value: T; readonly changes: number },
): AsyncIterableIterator<T> {
  let taken = 0;
  return createBufferedIterator({
    signal: undefined,
    async fill() {
      while (life.end === undefined && taken === newest().changes) await life.moved();
      const { value, changes } = newest();
      if (taken < changes) {
        taken = changes;
        return [value];
      }
      if (life.end?.error !== undefined) throw life.end.error;
      return undefined;
    },
  });
}
