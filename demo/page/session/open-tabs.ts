import { findTabs, waitForEnd, type OpenTabs } from "./tab-name.ts";

const HUB = "rivulet-demo/tabs";

/**
 * Tells which tabs are open, now and whenever that changes. A tab that comes, or takes the database over, says so; that one has
 * gone is known by its lock. Returns what ends it.
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

/** Says that something about the tabs has changed; also to this one. */
export function tellTabs(): void {
  const hub = new BroadcastChannel(HUB);
  hub.postMessage("changed");
  hub.close();
}
