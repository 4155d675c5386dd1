import { EventStoreError, type ImportResult, invalidArgument, messageOf, mustBe } from "../errors.ts";
import { fromFailure } from "../storage/failure.ts";
import type { ImportOptions, ImportSource } from "./text-format.ts";
import { readLine, type ImportedEvent } from "./parse-line.ts";
import { linesOf } from "./source-lines.ts";
import { createAbort, refuseAborted, underSignals } from "../platform.ts";
import { checkOptions, checkVerb } from "../validate.ts";
import type { AppendEntry, CommittedEntry, EventRecord, Failure } from "../storage/protocol.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** The most events and characters of one request, which is one message and one transaction. */
const REQUEST_EVENTS = 1_000;
const REQUEST_SIZE = 1 << 20;

/** How far a timestamp may be ahead of the clock, in milliseconds: a day. */
const FURTHEST_AHEAD = 86_400_000;

/** Reads lines and appends their events, one request at a time, because nothing after a refused line may be stored. */
export async function importNdjson(
  context: StoreContext,
  events: ImportSource,
  options: ImportOptions,
): Promise<ImportResult> {
  context.ensureOpen();
  checkOptions(options, ["onProgress", "onError", "allowFutureTimes", "signal"]);
  const closing = createAbort();
  const ignoreClose = context.onClose((error) => closing.abort(error));
  try {
    // Closing the store does not wait for the source, however long it is silent.
    return await underSignals([options.signal, closing.signal], (signal) =>
      importLines(context, events, { ...options, signal }),
    );
  } finally {
    ignoreClose();
  }
}

async function importLines(context: StoreContext, events: ImportSource, options: ImportOptions): Promise<ImportResult> {
  const { onProgress, onError, allowFutureTimes = false, signal } = options;
  if (onError !== undefined) checkVerb(onError, "call", "onError", "a function");
  if (typeof allowFutureTimes !== "boolean") throw mustBe("allowFutureTimes", "true or false");
  refuseAborted(signal);
  const result = { lines: 0, imported: 0, deduplicated: 0, skipped: 0, retimed: 0, renumbered: 0 };
  // A hint for the storage: in an empty store, no id has to be looked up.
  const freshIds = (await context.storage.head()) === 0;
  let gathered = createGathered();

  for await (const lines of linesOf(events, signal)) {
    for (const text of lines) {
      result.lines += 1;
      const event = await read(text, result.lines);
      if (event === undefined) continue;
      if (!gathered.takes(event)) await store();
      gathered.add(event);
    }
  }
  await store();
  return result;

  async function read(text: Parameters<typeof readLine>[0], line: number): Promise<ImportedEvent | undefined> {
    try {
      const event = readLine(text, line);
      if (!allowFutureTimes) refuseFuture(event, context.clock());
      return event;
    } catch (error) {
      await store();
      refuse(line, error);
      return undefined;
    }
  }

  async function store(): Promise<void> {
    const { events: all } = gathered;
    if (all.length === 0) return;
    gathered = createGathered();
    await append(all);
    onProgress?.({ ...result });
  }

  /** Appends in one request. If an id is refused, appends the events before it, reports its line, and appends the rest. */
  async function append(all: readonly ImportedEvent[]): Promise<void> {
    if (all.length === 0) return;
    refuseAborted(signal);
    const runs = toRuns(all);
    const request = { entries: runs.map(({ entry }) => entry), timestamp: context.clock(), freshIds };
    const outcome = await context.queue.push(request, (settled) => settled, signal);
    if (outcome.ok) {
      outcome.entries.forEach((committed, index) => count(runs[index] as Run, committed));
      return;
    }
    const guilty = indexOfGuilty(all, outcome.failure);
    if (guilty < 0) throw fromFailure(outcome.failure);
    await append(all.slice(0, guilty));
    refuse((all[guilty] as ImportedEvent).line, fromFailure(outcome.failure));
    await append(all.slice(guilty + 1));
  }

  function count({ entry, versions }: Run, committed: CommittedEntry): void {
    const known = new Set(committed.known.map(({ index }) => index));
    const added = versions.length - known.size;
    result.imported += added;
    result.deduplicated += known.size;
    if (entry.recordedAt !== undefined && entry.recordedAt !== committed.timestamp) result.retimed += added;
    let { version } = committed;
    versions.forEach((told, index) => {
      if (known.has(index)) return;
      if (told !== undefined && told !== version) result.renumbered += 1;
      version += 1;
    });
  }

  function refuse(line: number, cause: unknown): void {
    const error = new EventStoreError(
      "import-failed",
      `line ${line}: ${messageOf(cause)}${isPath(events) ? " (a string is the text itself, not a path)" : ""}`,
      { line, result: { ...result } },
      cause,
    );
    if (onError === undefined) throw error;
    onError(error);
    result.skipped += 1;
  }
}

/** Whether the text looks like the name of a file. */
function isPath(events: ImportSource): boolean {
  return typeof events === "string" && !/[\n{]/.test(events);
}

/** Timestamps never decrease, so one that is far ahead would become the timestamp of all later events. */
function refuseFuture(event: ImportedEvent | undefined, now: number): void {
  const time = event?.recordedAt;
  if (time === undefined || time <= now + FURTHEST_AHEAD) return;
  const why = `the timestamp ${time} is more than a day ahead of the clock, and all later events would get it: set allowFutureTimes to accept it`;
  throw invalidArgument("timestamp", why);
}

/** The events of one request. */
interface Gathered {
  readonly events: readonly ImportedEvent[];
  /** Whether the request has room. An event with the same id as another has to wait for the next request. */
  takes(event: ImportedEvent): boolean;
  add(event: ImportedEvent): void;
}

function createGathered(): Gathered {
  const events: ImportedEvent[] = [];
  const ids = new Set<string>();
  let size = 0;
  return {
    events,
    takes: (event) => events.length < REQUEST_EVENTS && size + event.size <= REQUEST_SIZE && !ids.has(event.record.id),
    add(event) {
      events.push(event);
      ids.add(event.record.id);
      size += event.size;
    },
  };
}

/** Consecutive events of one stream with one timestamp, and the versions that their lines say. */
interface Run {
  readonly entry: AppendEntry & { readonly events: EventRecord[] };
  readonly versions: (number | undefined)[];
}

function toRuns(events: readonly ImportedEvent[]): Run[] {
  const runs: Run[] = [];
  for (const { stream, recordedAt, version, record } of events) {
    let run = runs.at(-1);
    if (run === undefined || run.entry.stream !== stream || run.entry.recordedAt !== recordedAt) {
      const time = recordedAt === undefined ? {} : { recordedAt };
      run = { entry: { stream, expectedVersion: "any", events: [], ...time }, versions: [] };
      runs.push(run);
    }
    run.entry.events.push(record);
    run.versions.push(version);
  }
  return runs;
}

function indexOfGuilty(events: readonly ImportedEvent[], { code, details }: Failure): number {
  return code === "event-id-conflict" ? events.findIndex(({ record }) => record.id === details["id"]) : -1;
}
