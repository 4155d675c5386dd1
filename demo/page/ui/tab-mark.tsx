import type { VNode } from "preact";

const HUES = 8;

/** The name of a tab, in its own colour. */
export function TabMark({ name }: { readonly name: string }): VNode {
  return (
    <span class="tab-mark" data-hue={hueOf(name)}>
      {name}
    </span>
  );
}

function hueOf(name: string): number {
  let sum = 7;
  for (let index = 0; index < name.length; index += 1) sum = sum * 31 + name.charCodeAt(index);
  return sum % HUES;
}
