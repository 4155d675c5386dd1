import type { EventStore, StoredEvent } from "../../src/index.ts";
import { EventStoreError } from "../../src/adapter.ts";
import { ndjsonLine } from "../../src/ndjson/index.ts";
import { EXIT, usageError, type Call, type Command } from "./command.ts";
import { openExisting } from "./database.ts";
import { FILTER_OPTIONS, selectionOf, wholeNumber, type Selection } from "./filter.ts";
import { field, json, record } from "./text.ts";

export const eventsCommand: Command = {
  name: "events",
  takes: "<database> [options]",
  summary: "Prints events.",
  explanation:
    "Prints one event per line: position, time, stream, version, type, data, metadata. Data and metadata are JSON, or empty\n" +
    "if there is none. With --json the lines are those of an export.",
  options: {
    ...FILTER_OPTIONS,
    limit: { type: "string", short: "n", value: "COUNT", help: "at most this many events" },
    reverse: { type: "boolean", short: "r", help: "newest first" },
    follow: {
      type: "boolean",
      short: "f",
      help: "continue with new events, from any process, until interrupted",
    },
    json: { type: "boolean", help: "one JSON object per line, as in an export" },
  },
  least: 1,
  most: 1,
  async run(call) {
    const { args, values } = call;
    const selection = selectionOf(values);
    const limit = wholeNumber(values, "limit");
    if (values["follow"] === true) refuseEnds(values);
    const store = await openExisting(args[0] as string);
    try {
      if (values["follow"] === true) await follow(store, selection, limit ?? Infinity, call);
      else await read(store, selection, limit, call);
      return EXIT.ok;
    } finally {
      await store.close();
    }
  },
};

/** A read with an end cannot be followed. */
function refuseEnds(values: Call["values"]): void {
  for (const option of ["reverse", "up-to", "as-of"]) {
    if (values[option] !== undefined)
      throw usageError(`--follow has no end, but --${option} sets one: leave one of them out`);
  }
}

async function read(store: EventStore, selection: Selection, limit: number | undefined, call: Call): Promise<void> {
  const { output, signal, values } = call;
  const print = printer(call);
  const direction = values["reverse"] === true ? "backward" : "forward";
  const rest = limit === undefined ? {} : { limit };
  for await (const event of store.read({ ...selection, ...rest, direction, signal })) await output.write(print(event));
  await output.flush();
}

async function follow(store: EventStore, selection: Selection, limit: number, call: Call): Promise<void> {
  const { output, signal } = call;
  const print = printer(call);
  let left = limit;
  if (left === 0) return;
  let live = false;
  const onCaughtUp = (): void => {
    live = true;
    // The next event rejects with the same error.
    output.flush().catch(() => undefined);
  };
  for await (const event of store.watch({ ...selection, signal, onCaughtUp })) {
    await output.write(print(event));
    if (live) await output.flush();
    if (--left === 0) break;
  }
  await output.flush();
}

function printer({ values }: Call): (event: StoredEvent) => string {
  if (values["json"] === true) return ndjsonLine;
  return ({ position, timestamp, stream, version, type, data, metadata }) =>
    record(
      position,
      isoTime(timestamp),
      field(stream),
      version,
      field(type),
      jsonAt(position, data),
      Object.keys(metadata).length === 0 ? "" : jsonAt(position, metadata),
    );
}

/** Data that another program wrote may be nested too deep for JSON.stringify. */
function jsonAt(position: number, value: unknown): string {
  try {
    return json(value);
  } catch (error) {
    const message = `the event at position ${position} is nested too deep: it was damaged, or changed by something other than rivulet`;
    throw new EventStoreError("storage-corrupt", message, { position }, error);
  }
}

/** Formats a time. One beyond the range of Date stays a number. */
export function isoTime(timestamp: number): string {
  const time = new Date(timestamp);
  return Number.isNaN(time.getTime()) ? String(timestamp) : time.toISOString();
}
