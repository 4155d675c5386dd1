import type { StoredEvent } from "../event.ts";
import { stringify } from "../events/json.ts";
import { refuseAborted, type AbortSignalLike } from "../platform.ts";
import { createPager } from "../read/pager.ts";
import { fromFailure } from "../storage/failure.ts";
import type { AppendEntry, EventRecord, EventStorage } from "../storage/protocol.ts";
import { differs } from "./begin-copy.ts";

/** The most events of one append. */
const REQUEST_EVENTS = 1_000;

/** Which events to copy. */
interface Range {
  readonly after: number;
  readonly upTo: number;
  readonly signal: AbortSignalLike | undefined;
}

/** Appends the events in order, so that they get the same positions, versions and times, and checks that they do. */
export async function copyEvents(
  source: EventStorage,
  target: EventStorage,
  { after, upTo, signal }: Range,
  onProgress: (done: number) => void,
): Promise<void> {
  const pager = createPager({ storage: source }, { after, upTo, direction: "forward" }, upTo);
  let gathered: StoredEvent[] = [];
  for (let page = await pager.next(); page !== undefined; page = await pager.next()) {
    refuseAborted(signal);
    if (gathered.length + page.length > REQUEST_EVENTS) await store();
    gathered.push(...page);
  }
  await store();

  async function store(): Promise<void> {
    const last = gathered.at(-1);
    if (last === undefined) return;
    await appendCopies(target, gathered);
    gathered = [];
    onProgress(last.position);
  }
}

async function appendCopies(target: EventStorage, events: readonly StoredEvent[]): Promise<void> {
  const entries = toEntries(events);
  const [outcome] = await target.append([{ entries, timestamp: 0, freshIds: true }]);
  if (outcome === undefined) throw differs("nothing was appended");
  if (!outcome.ok) {
    const { code, message } = outcome.failure;
    throw code === "version-conflict" || code === "event-id-conflict" ? differs(message) : fromFailure(outcome.failure);
  }
  let index = 0;
  for (const [at, { position, known, timestamp = outcome.timestamp }] of outcome.entries.entries()) {
    const event = events[index] as StoredEvent;
    if (known.length > 0 || position !== event.position) throw differs("positions are taken", event.position);
    if (timestamp !== event.timestamp)
      throw differs(`its time ${event.timestamp} is before an earlier one`, event.position);
    index += entries[at]?.events.length ?? 0;
  }
}

/** Consecutive events of one stream with one time become an entry. */
function toEntries(events: readonly StoredEvent[]): readonly AppendEntry[] {
  const entries: (AppendEntry & { readonly events: EventRecord[] })[] = [];
  for (const event of events) {
    const { stream, version, timestamp } = event;
    let entry = entries.at(-1);
    if (entry?.stream !== stream || entry.recordedAt !== timestamp) {
      entry = { stream, expectedVersion: version - 1, events: [], recordedAt: timestamp };
      entries.push(entry);
    }
    entry.events.push(toRecord(event));
  }
  return entries;
}

/** JSON that rivulet has written is the same text after it was parsed. */
function toRecord({ id, type, schemaVersion, data, metadata }: StoredEvent): EventRecord {
  return {
    id,
    type,
    schemaVersion,
    data: data === undefined ? null : stringify(data),
    metadata: Object.keys(metadata).length === 0 ? null : stringify(metadata),
  };
}
