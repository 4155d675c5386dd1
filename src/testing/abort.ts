import type { AbortSignalLike } from "../index.ts";

/** An abort signal with the members that rivulet uses, which a test aborts; `listeners` counts who still waits for it. */
export interface HandSignal extends AbortSignalLike {
  readonly listeners: number;
  abort(reason: unknown): void;
}

export function handSignal(): HandSignal {
  const listeners = new Set<() => void>();
  const state: { aborted: boolean; reason: unknown } = { aborted: false, reason: undefined };
  return {
    get aborted() {
      return state.aborted;
    },
    get reason() {
      return state.reason;
    },
    get listeners() {
      return listeners.size;
    },
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
    abort(reason) {
      if (state.aborted) return;
      Object.assign(state, { aborted: true, reason });
      for (const listener of [...listeners]) listener();
      listeners.clear();
    },
  };
}
