import type { VNode } from "preact";
import { markOf } from "../session/mark.ts";

/** The name of a tab or a device, with a mark in its own colour. */
export function TabMark({ name }: { readonly name: string }): VNode {
  const { hue, ring } = markOf(name);
  return (
    <span class="tab-mark">
      <svg viewBox="0 0 10 10" aria-hidden="true">
        <circle cx="5" cy="5" r={ring ? 3.6 : 4.6} class={ring ? "ring" : "dot"} style={{ "--hue": hue }} />
      </svg>
      <span class="tab-name">{name}</span>
    </span>
  );
}
