import { element } from "../element.ts";

/** How many lines are kept: a page with more of them is slow. */
const MOST_LINES = 1000;

/** How much of a line is shown. */
const MOST_CHARACTERS = 10_000;

/** The lines that an example has printed. */
export interface Output {
  readonly root: HTMLElement;
  clear(): void;
  /** Shows a line in the next frame, together with all others of this frame. */
  print(line: string, isError?: boolean): void;
}

interface Line {
  readonly text: string;
  readonly isError: boolean;
}

/** Returns a place that shows the last lines that were printed, and says how many came before them. */
export function createOutput(): Output {
  const root = element("pre", { tabIndex: 0 });
  root.setAttribute("aria-label", "Output");
  const omission = element("span", { className: "omission" });
  let waiting: Line[] = [];
  let leftOut = 0;
  const frame = oncePerFrame(() => {
    drop(waiting.length - MOST_LINES);
    const surplus = root.querySelectorAll(":scope > .line").length + waiting.length - MOST_LINES;
    for (const line of [...root.querySelectorAll(":scope > .line")].slice(0, Math.max(0, surplus))) {
      line.remove();
      leftOut += 1;
    }
    root.append(
      ...waiting.map(({ text, isError }) => element("span", { className: isError ? "line failed" : "line" }, text)),
    );
    waiting = [];
    omission.textContent = `(${leftOut} earlier lines are left out)\n`;
    if (leftOut > 0) root.prepend(omission);
    // Measures the whole page: once in a frame, not for each line.
    root.scrollTop = root.scrollHeight;
  });
  return {
    root,
    clear() {
      waiting = [];
      leftOut = 0;
      root.replaceChildren();
    },
    print(line, isError = false) {
      waiting.push({ text: `${shortened(line)}\n`, isError });
      // A loop may print for ever before the next frame.
      if (waiting.length > 2 * MOST_LINES) drop(MOST_LINES);
      frame.request();
    },
  };

  function drop(count: number): void {
    if (count <= 0) return;
    waiting.splice(0, count);
    leftOut += count;
  }
}

/** Returns a request that calls a function before the next frame is drawn, once, however often it is made. */
export function oncePerFrame(draw: () => void): { request(): void; cancel(): void } {
  let requested: number | undefined;
  return {
    request() {
      requested ??= requestAnimationFrame(() => {
        requested = undefined;
        draw();
      });
    },
    cancel() {
      if (requested !== undefined) cancelAnimationFrame(requested);
      requested = undefined;
    },
  };
}

function shortened(line: string): string {
  const surplus = line.length - MOST_CHARACTERS;
  return surplus <= 0 ? line : `${line.slice(0, MOST_CHARACTERS)} … (${surplus} characters are left out)`;
}
