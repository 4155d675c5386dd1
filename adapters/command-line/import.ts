import { constants, createReadStream, openSync, statSync } from "node:fs";
import { Socket } from "node:net";
import type { ImportResult } from "../../src/index.ts";
import { ndjson } from "../../src/ndjson/index.ts";
import { CommandLineError, EXIT, usageError, type Call, type Command } from "./command.ts";
import { openOrMake } from "./database.ts";
import { count, json, record } from "./text.ts";

export const importCommand: Command = {
  name: "import",
  takes: "<database> [file] [options]",
  summary: "Appends the events of an export, each once.",
  explanation:
    "Reads the file, or standard input. Events whose ids are already stored are skipped, so an interrupted import can be\n" +
    "run again. Prints one figure per line: lines, imported, deduplicated (already stored), skipped, retimed (given the\n" +
    "time of the import, because the database had a younger event) and renumbered (given another version than the one in\n" +
    "their line). A line that cannot be imported ends the import with exit code 1: the events before that line are stored,\n" +
    "and none after it.",
  options: {
    "skip-invalid": {
      type: "boolean",
      help: "report the lines that cannot be imported, and continue without them; exit code 1",
    },
    "allow-future-times": {
      type: "boolean",
      help: "accept times more than a day ahead of the clock; all later events then get them, too",
    },
    durability: { type: "string", value: "full|normal", help: "normal does not wait for the disk; default full" },
    json: { type: "boolean", help: "the result as one JSON object" },
  },
  least: 1,
  most: 2,
  async run(call) {
    const { args, values, output, progress, signal, say } = call;
    const [path, file] = args as [string, string?];
    const { durability = "full" } = values as { durability?: string };
    if (durability !== "full" && durability !== "normal") throw usageError("--durability must be full or normal");
    const input = open(file, call);
    const store = await openOrMake(path, durability);
    try {
      const result = await store.importEvents(ndjson, input.bytes, {
        signal,
        onProgress: input.onProgress,
        allowFutureTimes: values["allow-future-times"] === true,
        ...(values["skip-invalid"] === true && { onError: (error) => say(error.message) }),
      });
      progress.clear();
      if (values["json"] === true) await output.write(`${json(result)}\n`);
      else for (const [name, figure] of Object.entries(result)) await output.write(record(name, figure as number));
      await output.flush();
      return result.skipped > 0 ? EXIT.problems : EXIT.ok;
    } finally {
      await store.close();
    }
  },
};

interface Input {
  readonly bytes: AsyncIterable<Uint8Array>;
  onProgress(result: ImportResult): void;
}

/** Opens a file, or standard input. A missing file is refused before a database is created. */
function open(file: string | undefined, { progress }: Call): Input {
  const piped = file === undefined || file === "-";
  if (file === undefined && process.stdin.isTTY) throw usageError("give a file to import, or pipe one in");
  const found = piped ? undefined : statSync(file, { throwIfNoEntry: false });
  if (!piped && found === undefined) throw new CommandLineError(EXIT.failed, `${file}: there is no such file`);
  if (found?.isDirectory() === true)
    throw new CommandLineError(EXIT.failed, `${file}: this is a folder, not an export`);
  let done = 0;

  async function* bytes(): AsyncGenerator<Uint8Array> {
    for await (const piece of piped ? process.stdin : read(file, found?.isFIFO() === true)) {
      yield piece as Uint8Array;
      done += (piece as Uint8Array).length;
    }
  }

  return {
    bytes: bytes(),
    onProgress({ imported, deduplicated }) {
      const known = deduplicated === 0 ? "" : `, ${deduplicated.toLocaleString("en")} known`;
      progress.show(`${count(imported, "event")}${known}`, done, found?.isFile() === true ? found.size : undefined);
    },
  };
}

/**
 * Reads a file in pieces. Opening a named pipe blocks a thread of the pool until somebody writes to the pipe, and the process could
 * not exit meanwhile. So it is opened without blocking, and its data is awaited like any other.
 */
function read(file: string, isPipe: boolean): AsyncIterable<unknown> {
  if (!isPipe) return createReadStream(file, { highWaterMark: 1 << 18 });
  return new Socket({ fd: openSync(file, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false });
}
