import { findTabs, waitForEnd, type OpenTabs } from "./tab-name.ts";

const HUB = "rivulet-demo/tabs";

/**
 * Calls back with the open tabs, now and whenever they change. A tab that opens or becomes the leader announces it; a
 * tab that ended is detected by its lock. Returns a function that stops it.
 */
export function followTabs(tab: string, onChange: (tabs: OpenTabs) => void): () => void {
  const ended = new AbortController();
  const hub = new BroadcastChannel(HUB);
  const waitedFor = new Set<string>();

  async function look(): Promise<void> {
    const now = await findTabs();
    if (ended.signal.aborted) return;
    onChange(now);
    for (const other of now.tabs) {
      if (other === tab || waitedFor.has(other)) continue;
      waitedFor.add(other);
      void waitForEnd(other, ended.signal).then((gone) => {
        waitedFor.delete(other);
        if (gone) void look();
      });
    }
  }

  hub.addEventListener("message", () => void look());
  document.addEventListener("visibilitychange", look, { signal: ended.signal });
  hub.postMessage("here");
  void look();
  return () => {
    ended.abort();
    hub.close();
  };
}

/** Announces a change of the tabs, also to this one. */
export function tellTabs(): void {
  const hub = new BroadcastChannel(HUB);
  hub.postMessage("changed");
  hub.close();
}
