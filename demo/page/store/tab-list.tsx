import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { followTabs, tellTabs } from "../session/open-tabs.ts";
import { showLeading, type OpenTabs } from "../session/tab-name.ts";
import { TabMark } from "../ui/tab-mark.tsx";
import { useApp } from "../ui/use-app.ts";

/** The tabs that share the database, and the one that has it open. */
export function TabList(): VNode {
  const { verbs, tab, service } = useApp();
  const open = useSignal<OpenTabs>({ tabs: [tab], leader: undefined });
  useEffect(() => followTabs(tab, (now) => (open.value = now)), [tab, open]);
  useEffect(() => {
    let stop: (() => void) | undefined;
    const show = (role: "leader" | "follower"): void => {
      stop?.();
      stop = role === "leader" ? showLeading(tab, tellTabs) : undefined;
    };
    const ignore = verbs.onRoleChange(show);
    void service.facts().then(
      ({ role }) => show(role),
      // The page shows this error elsewhere.
      () => undefined,
    );
    return () => {
      ignore();
      stop?.();
    };
  }, [verbs, service, tab]);
  const { tabs, leader } = open.value;
  return (
    <div class="panel">
      <h3>Open tabs</h3>
      <p class="quiet">
        One tab has the database open, and the others use it through that tab. Close it, and the next tab takes over.
      </p>
      <ul class="tabs">
        {tabs.map((name) => (
          <li key={name}>
            <TabMark name={name} />
            {name === leader && <span class="badge">has the database</span>}
            {name === tab && <span class="quiet">this tab</span>}
          </li>
        ))}
      </ul>
      <a class="button" href={location.href} target="_blank" rel="noopener">
        Open another tab
      </a>
    </div>
  );
}
