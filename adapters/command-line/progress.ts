import { printable } from "./text.ts";

/** A line that tells how far something has come, where somebody sees it. */
export interface Progress {
  /** `done` of `total`; without a total, only how much. Drawn a few times a second at most. */
  show(what: string, done: number, total?: number): void;
  /** Takes the line away. */
  clear(): void;
}

const BAR = 30;
const PAUSE = 100;

/** Draws on a terminal; elsewhere nothing. */
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
