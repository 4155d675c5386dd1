import type { Kept } from "./kept.ts";
import { markOf, NAMES } from "./mark.ts";

const TAB = "rivulet-demo/tab/";
const LEADER = "rivulet-demo/leader/";

/** How long the page that is being reloaded may still hold the name, in milliseconds. */
const PATIENCE = 500;

/** The open tabs, and which of them is the leader. */
export interface OpenTabs {
  readonly tabs: readonly string[];
  readonly leader: string | undefined;
}

/**
 * Takes a name for this tab, the same after a reload. The name is held as a lock, which the browser releases however
 * the tab ends, so the held names are the open tabs.
 */
export async function takeTabName(storage: Kept): Promise<string> {
  if (!("locks" in navigator)) return "Otter";
  const known = storage.getItem(TAB);
  const free = farthestFirst((await findTabs()).tabs);
  if (known !== null && (await hold(TAB + known, { signal: AbortSignal.timeout(PATIENCE) }))) return known;
  for (const name of [...free, ...NAMES.map((again) => `${again} II`), "Frog"]) {
    if (!(await hold(TAB + name, { ifAvailable: true }))) continue;
    storage.setItem(TAB, name);
    return name;
  }
  return "Frog";
}

/** Returns all names, those first whose colours differ most from the colours of the open tabs; a drawn one breaks ties. */
function farthestFirst(taken: readonly string[]): readonly string[] {
  const hues = taken.map((name) => markOf(name).hue);
  const distance = (name: string): number =>
    Math.min(...hues.map((hue) => Math.abs(((markOf(name).hue - hue + 540) % 360) - 180)), 180);
  return NAMES.map((name) => ({ name, distance: distance(name), drawn: Math.random() }))
    .sort((one, other) => other.distance - one.distance || one.drawn - other.drawn)
    .map(({ name }) => name);
}

/**
 * Shows other tabs that this tab is the leader, and calls back when they can see it. The returned function ends that.
 */
export function showLeading(tab: string, onShown: () => void): () => void {
  const ended = new AbortController();
  let release = (): void => undefined;
  navigator.locks
    .request(LEADER + tab, { signal: ended.signal }, () => {
      onShown();
      return new Promise<void>((resolve) => (release = resolve));
    })
    // Aborted before it was granted.
    .catch(() => undefined);
  return () => {
    ended.abort();
    release();
  };
}

/** Returns the open tabs, in the order of their names. */
export async function findTabs(): Promise<OpenTabs> {
  const { held = [] } = await navigator.locks.query();
  const names = (prefix: string): string[] =>
    held.flatMap(({ name = "" }) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  return { tabs: [...new Set(names(TAB))].sort(), leader: names(LEADER)[0] };
}

/** Resolves when a tab has ended, because its lock can then be taken. Resolves with false if the wait was aborted. */
export function waitForEnd(tab: string, signal: AbortSignal): Promise<boolean> {
  return navigator.locks.request(TAB + tab, { mode: "shared", signal }, () => true).catch(() => false);
}

/** Takes a lock for as long as the page lives. Resolves with false if another tab has it. */
function hold(name: string, options: LockOptions): Promise<boolean> {
  return new Promise((resolve) => {
    navigator.locks
      .request(name, options, (lock) => {
        resolve(lock !== null);
        return lock === null ? undefined : new Promise<never>(() => undefined);
      })
      .catch(() => resolve(false));
  });
}
