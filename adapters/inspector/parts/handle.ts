import { h, set } from "./dom.ts";

/** The height of a docked inspector, as a share of the window in percent. */
const LEAST = 15;
const MOST = 95;
const FIRST = 48;
const STEP = 5;

/** What a docked inspector is made taller with: by the pointer, or by the arrow keys. */
export function createHandle(host: HTMLElement): HTMLElement {
  let height = FIRST;
  const handle = h("div", {
    class: "handle",
    role: "separator",
    "aria-orientation": "horizontal",
    "aria-label": "Height of the inspector",
    "aria-valuemin": LEAST,
    "aria-valuemax": MOST,
    tabindex: 0,
    onpointerdown: (event: PointerEvent) => handle.setPointerCapture(event.pointerId),
    onpointermove: (event: PointerEvent) => {
      if (handle.hasPointerCapture(event.pointerId)) resize(((innerHeight - event.clientY) / innerHeight) * 100);
    },
    onkeydown: (event: KeyboardEvent) => {
      if (event.key === "ArrowUp") resize(height + STEP);
      else if (event.key === "ArrowDown") resize(height - STEP);
      else return;
      event.preventDefault();
    },
  });

  function resize(to: number): void {
    height = Math.min(MOST, Math.max(LEAST, to));
    host.style.setProperty("--height", `${height}vh`);
    set(handle, "aria-valuenow", Math.round(height));
  }

  resize(height);
  return handle;
}
