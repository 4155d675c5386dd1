import { signal, type ReadonlySignal } from "@preact/signals";
import type { Kept } from "./kept.ts";

const KEY = "rivulet-demo/offline";

/** The connection to the hub, which the user can switch off in all tabs of this browser. */
export interface Network {
  readonly offline: ReadonlySignal<boolean>;
  setOffline(offline: boolean): void;
  /** Fetches, unless the connection is switched off; switching it off ends what is under way. */
  readonly fetch: typeof fetch;
}

export function createNetwork(kept: Kept): Network {
  const offline = signal(kept.getItem(KEY) === "yes");
  let cut = new AbortController();

  function take(next: boolean): void {
    if (next === offline.value) return;
    if (next) cut.abort(new TypeError("the connection is switched off"));
    else cut = new AbortController();
    offline.value = next;
  }

  // Another tab of this browser may be the one that speaks with the hub.
  addEventListener("storage", ({ key, newValue }) => {
    if (key === KEY) take(newValue === "yes");
  });
  if (offline.value) cut.abort(new TypeError("the connection is switched off"));
  return {
    offline,
    setOffline(next) {
      kept.setItem(KEY, next ? "yes" : "no");
      take(next);
    },
    fetch: (input, init) =>
      fetch(input, { ...init, signal: AbortSignal.any([cut.signal, init?.signal ?? cut.signal]) }),
  };
}
