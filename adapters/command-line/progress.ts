import { printable } from "./text.ts";

/** A progress line on a terminal. */
export interface Progress {
  /** Shows `done` of `total`, or only `done` without a total, a few times a second at most. */
  show(what: string, done: number, total?: number): void;
  /** Removes the line. */
  clear(): void;
}

const BAR = 30;
const PAUSE = 100;

/** Makes a progress line, which shows nothing if the output is no terminal. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  let shown = false;
  let drawn = -PAUSE;

  return {
    show(what, done, total) {
      if (!stream.isTTY || performance.now() - drawn < PAUSE) return;
      drawn = performance.now();
      shown = true;
      stream.write(`\r\u001B[K${printable(lineOf(what, done, total)).slice(0, (stream.columns || 80) - 1)}`);
    },
    clear() {
      if (shown) stream.write("\r\u001B[K");
      shown = false;
    },
  };
}

function lineOf(what: string, done: number, total: number | undefined): string {
  if (total === undefined || total === 0) return what;
  const part = Math.min(1, done / total);
  const full = Math.floor(part * BAR);
  return `[${"#".repeat(full)}${"-".repeat(BAR - full)}] ${Math.floor(part * 100)} %  ${what}`;
}
