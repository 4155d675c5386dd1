/** `react-dom/client` for the examples of a page: their roots are unmounted when the example ends. */
import { createRoot as create, type Root } from "react-dom/client";
import { atEnd } from "../playground/tracked.ts";

export function createRoot(container: HTMLElement): Root {
  const root = create(container);
  atEnd(() => root.unmount());
  return root;
}
