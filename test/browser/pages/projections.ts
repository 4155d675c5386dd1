/** The stories of projections, played on the browser's own storage. */
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { playProjectionStories } from "../../support/projection-stories.ts";

const adapters = {
  "in memory": () => sqliteWasm(),
  "on files": () => sqliteWasm({ name: crypto.randomUUID() }),
};

const play = (adapter: keyof typeof adapters, stories: number): Promise<void> =>
  playProjectionStories(adapters[adapter], stories);

declare global {
  interface Window {
    readonly playStories: typeof play;
  }
}

Object.assign(globalThis, { playStories: play });
