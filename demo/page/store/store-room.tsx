import type { VNode } from "preact";
import { Room } from "../ui/room.tsx";
import { useApp } from "../ui/use-app.ts";
import { ConflictPanel } from "./conflict-panel.tsx";
import { FactList } from "./fact-list.tsx";
import { FilePanel } from "./file-panel.tsx";
import { ManyPanel } from "./many-panel.tsx";
import { TabList } from "./tab-list.tsx";
import { TerminalPanel } from "./terminal-panel.tsx";

/** The store: where the events are, and how safe they are. */
export function StoreRoom(): VNode {
  const { shared } = useApp();
  return (
    <Room title="Store" about="Where the events are, how safe they are, and what happens when two write at once.">
      <div class="panels">
        <div class="stack">
          <FactList />
        </div>
        <div class="stack">
          {shared?.kept !== false && <TabList />}
          <ManyPanel />
          <FilePanel />
        </div>
        <div class="stack">
          <ConflictPanel />
          <TerminalPanel />
        </div>
      </div>
    </Room>
  );
}
