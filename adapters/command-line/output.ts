import { printable } from "./text.ts";

/** Whoever read the output has gone. */
export class OutputGone extends Error {}

/** Where a command prints: gathered into larger writes, and never faster than it is read. */
export interface Output {
  /** Whether somebody sits in front of it. */
  readonly isTerminal: boolean;
  write(text: string): Promise<void>;
  /** Writes what was gathered. */
  flush(): Promise<void>;
  /** Writes the rest, if it still can. */
  end(): Promise<void>;
}

/** So many characters are gathered. */
const GATHERED = 1 << 15;

/** `onGone` is told why nothing can be written any longer: {@link OutputGone}, or the error of the file that is written to. */
export function createOutput(stream: NodeJS.WriteStream, onGone: (reason: Error) => void): Output {
  let parts: string[] = [];
  let size = 0;
  let failure: Error | undefined;

  stream.on("error", (error: NodeJS.ErrnoException) => {
    failure = error.code === "EPIPE" ? new OutputGone() : error;
    onGone(failure);
  });

  async function flush(): Promise<void> {
    const text = parts.join("");
    parts = [];
    size = 0;
    // The callback comes in any case; the event has said more about an error then.
    if (text !== "") await new Promise<void>((resolve) => stream.write(text, () => resolve()));
    if (failure !== undefined) throw failure;
  }

  return {
    isTerminal: stream.isTTY,
    async write(text) {
      const shown = printable(text);
      parts.push(shown);
      size += shown.length;
      if (size >= GATHERED) await flush();
    },
    flush,
    // Its error has been told.
    end: () => flush().catch(() => undefined),
  };
}
