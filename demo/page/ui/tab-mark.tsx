import type { VNode } from "preact";

const HUES = 8;

/** A tab by its name, with a colour of its own. */
export function TabMark({ name }: { readonly name: string }): VNode {
  return (
    <span class="tab-mark" data-hue={hueOf(name)}>
      {name}
    </span>
  );
}

function hueOf(name: string): number {
  return [...name].reduce((sum, letter) => sum * 31 + (letter.codePointAt(0) ?? 0), 7) % HUES;
}
