import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { allCounters } from "../../counter/all-counters.ts";
import type { Inspected } from "../session/local-service.ts";
import type { Session } from "../session/session.ts";

/** Opens the inspector at the bottom of the page, over the store that is shown. It is loaded when it is opened first. */
export function InspectButton({ session }: { readonly session: Session }): VNode {
  const [open, setOpen] = useState(false);
  const status = session.status.value;
  const inspected = status.state === "open" ? status.inspected : undefined;
  useEffect(() => {
    if (!open || inspected === undefined) return undefined;
    const ended = new AbortController();
    void show(inspected, () => setOpen(false), ended.signal);
    return () => ended.abort();
  }, [open, inspected]);
  return (
    <button
      type="button"
      class="small"
      aria-pressed={open}
      disabled={inspected === undefined}
      onClick={() => setOpen(!open)}
    >
      Inspect
    </button>
  );
}

async function show(inspected: Inspected, onClose: () => void, signal: AbortSignal): Promise<void> {
  const { defineInspector } = await import("rivulet/inspector");
  if (signal.aborted) return;
  defineInspector();
  const element = document.createElement("rivulet-inspector");
  element.store = inspected.store;
  element.replica = inspected.replica;
  element.projections = [allCounters];
  element.docked = true;
  const follow = (): void => element.setAttribute("theme", document.documentElement.dataset["theme"] ?? "");
  follow();
  document.addEventListener("theme", follow, { signal });
  element.addEventListener("close", onClose);
  signal.addEventListener("abort", () => element.remove());
  document.body.append(element);
}
