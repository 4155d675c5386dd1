import { printable } from "./text.ts";

/** The reader of the output has closed it. */
export class OutputGone extends Error {}

/** The output of a command, which is buffered into larger writes and waits for a slow reader. */
export interface Output {
  /** Whether the output is a terminal. */
  readonly isTerminal: boolean;
  write(text: string): Promise<void>;
  /** Writes the buffered text. */
  flush(): Promise<void>;
  /** Writes the rest, if that is still possible. */
  end(): Promise<void>;
}

/** The size of the buffer in characters. */
const GATHERED = 1 << 15;

/** Calls `onGone` when nothing can be written any longer, with {@link OutputGone} or the error of the file. */
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
    // The callback is called in any case, but the error event has the better error.
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
    // The error was reported.
    end: () => flush().catch(() => undefined),
  };
}
