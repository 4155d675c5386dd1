/** What is used of the page of a browser. Where there is none, nothing happens. */

/** What is used of an `EventTarget`. */
interface Target<Event = unknown> {
  addEventListener(type: string, listener: (event: Event) => void): void;
  removeEventListener(type: string, listener: (event: Event) => void): void;
}

/** Keeps texts by keys and answers at once, as a page's `localStorage` does. */
export interface KeyValueStorage {
  /** Returns the text of a key; null if there is none. */
  getItem(key: string): string | null;
  /** Keeps a text under a key, in the place of an earlier one. */
  setItem(key: string, value: string): void;
  /** Removes the text of a key, if there is one. */
  removeItem(key: string): void;
}

interface Page extends Target {
  /** Only a page has one. */
  readonly document?: Target & { readonly visibilityState: string };
  readonly localStorage?: KeyValueStorage;
  readonly navigator?: {
    readonly locks?: { query(): Promise<{ readonly held?: readonly { readonly name?: string }[] }> };
  };
  requestIdleCallback?(task: () => void): void;
  readonly BroadcastChannel: new (name: string) => Target<{ readonly data: unknown }> & {
    postMessage(message: unknown): void;
    close(): void;
  };
}

const page = globalThis as unknown as Page;

/** Whether this is a page of a browser, neither a worker nor another runtime. */
export function isPage(): boolean {
  return page.document !== undefined;
}

/** A listener for what happens to a page. */
export interface PageListener {
  /** The page is shown, or the network is back: then `online` is true. */
  readonly onWake: (online: boolean) => void;
  /** The page is frozen, put into the back/forward cache, or left. */
  readonly onSleep: () => void;
}

/** Calls the listener, if this is a page, until the returned function is called. Other runtimes have no such events. */
export function followPage({ onWake, onSleep }: PageListener): () => void {
  const { document } = page;
  if (document === undefined) return () => undefined;
  const wake = (): void => onWake(false);
  const listeners = [
    [page, "online", () => onWake(true)],
    [page, "pageshow", wake],
    [page, "pagehide", onSleep],
    [document, "resume", wake],
    [document, "freeze", onSleep],
    [document, "visibilitychange", () => document.visibilityState === "visible" && wake()],
  ] as const;
  for (const [target, type, listener] of listeners) target.addEventListener(type, listener);
  return () => {
    for (const [target, type, listener] of listeners) target.removeEventListener(type, listener);
  };
}

/** Returns the page's `localStorage`; undefined if this is no page. Throws the browser's error if it denies the page storage. */
export function pageStorage(): KeyValueStorage | undefined {
  return isPage() ? page.localStorage : undefined;
}

/** Runs a task when the page has nothing else to do, or at once where nobody tells. */
export function whenIdle(task: () => void): void {
  if (page.requestIdleCallback === undefined) task();
  else page.requestIdleCallback(task);
}

/**
 * Calls the listener, if this is a page, whenever it is hidden or left, until the returned function is called. This may be the last event
 * of the page: a browser may end a hidden page without another one.
 */
export function onPageHidden(listener: () => void): () => void {
  const { document } = page;
  if (document === undefined) return () => undefined;
  const look = (): void => {
    if (document.visibilityState === "hidden") listener();
  };
  page.addEventListener("pagehide", listener);
  document.addEventListener("visibilitychange", look);
  return () => {
    page.removeEventListener("pagehide", listener);
    document.removeEventListener("visibilitychange", look);
  };
}

/** One end of a channel between the pages of a site. */
export interface PageChannel {
  post(message: unknown): void;
  close(): void;
}

/** Opens a channel to the pages of this site that have opened one of this name. */
export function openPageChannel(name: string, onMessage: (message: unknown) => void): PageChannel {
  const channel = new page.BroadcastChannel(name);
  channel.addEventListener("message", ({ data }) => onMessage(data));
  return { post: (message) => channel.postMessage(message), close: () => channel.close() };
}

/** Resolves with the names of the Web Locks that pages of this site hold; none where there are no locks. */
export async function heldWebLocks(): Promise<readonly string[]> {
  const { held = [] } = (await page.navigator?.locks?.query()) ?? {};
  return held.flatMap(({ name }) => name ?? []);
}
