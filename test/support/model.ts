import type { EventFilter, ExpectedVersion, ReadAllOptions, StoredEvent } from "rivulet";

/** An event of the model: its id is known in advance. */
export interface ModelEvent {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface ModelEntry {
  readonly stream: string;
  readonly events: readonly ModelEvent[];
  readonly expectedVersion: ExpectedVersion;
}

interface ModelResult {
  readonly version: number;
  readonly position: number;
  readonly deduplicated: number;
  readonly events: readonly StoredEvent[];
}

export type ModelOutcome =
  | { readonly results: readonly ModelResult[] }
  | { readonly code: string; readonly details: Readonly<Record<string, unknown>> };

/** A model of a store, as simple as possible: one list of events that is searched from end to end. */
export class Model {
  events: readonly StoredEvent[] = [];

  append(entries: readonly ModelEntry[], now: number): ModelOutcome {
    const ids = entries.flatMap((entry) => entry.events.map(({ id }) => id));
    if (new Set(ids).size < ids.length) return { code: "invalid-event", details: {} };
    const timestamp = Math.max(now, this.events.at(-1)?.timestamp ?? 0);
    const before = this.events;
    let after = before;
    const results: ModelResult[] = [];
    for (const { stream, events, expectedVersion } of entries) {
      const stored: StoredEvent[] = [];
      const added: StoredEvent[] = [];
      let version = versionIn(after, stream);
      const actual = version;
      for (const event of events) {
        const known = before.find(({ id }) => id === event.id);
        if (known === undefined) {
          const position = after.length + added.length + 1;
          added.push({ ...event, stream, position, version: ++version, schemaVersion: 1, timestamp });
          stored.push(added.at(-1) as StoredEvent);
        } else if (known.stream === stream && known.type === event.type && text(known.data) === text(event.data)) {
          stored.push(known);
        } else return { code: "event-id-conflict", details: { id: event.id, position: known.position } };
      }
      if (added.length > 0 && !fits(expectedVersion, actual)) {
        return conflict(before, stream, expectedVersion, actual);
      }
      after = after.concat(added);
      results.push({
        version: Math.max(...stored.map((event) => event.version)),
        position: Math.max(...stored.map((event) => event.position)),
        deduplicated: stored.length - added.length,
        events: stored,
      });
    }
    this.events = after;
    return { results };
  }

  read(stream: string | undefined, options: ReadAllOptions): StoredEvent[] {
    const { after = 0, upTo = Infinity, direction, limit = Infinity, asOf = Infinity } = options;
    const found = this.events.filter((event) => {
      const key = stream === undefined ? event.position : event.version;
      const inStream = stream === undefined || event.stream === stream;
      return inStream && key > after && key <= upTo && event.timestamp <= Number(asOf) && passes(options, event);
    });
    if (direction === "backward") found.reverse();
    return found.slice(0, limit);
  }

  version(stream: string): number {
    return versionIn(this.events, stream);
  }

  streams(): { name: string; version: number }[] {
    const names = [...new Set(this.events.map(({ stream }) => stream))];
    return names.map((name) => ({ name, version: this.version(name) }));
  }
}

function versionIn(events: readonly StoredEvent[], stream: string): number {
  return events.filter((event) => event.stream === stream).length;
}

function fits(expected: ExpectedVersion, actual: number): boolean {
  if (expected === "any") return true;
  if (expected === "no-stream") return actual === 0;
  return expected === "stream-exists" ? actual > 0 : actual === expected;
}

function conflict(
  stored: readonly StoredEvent[],
  stream: string,
  expected: ExpectedVersion,
  actual: number,
): ModelOutcome {
  const seen = typeof expected === "number" ? expected : 0;
  const events = stored.filter((event) => event.stream === stream && event.version > seen).slice(0, 100);
  const complete = seen + events.length >= actual;
  return { code: "version-conflict", details: { stream, expected, actual, events, complete } };
}

function passes({ types, streams, streamPrefix, metadata }: EventFilter, event: StoredEvent): boolean {
  if (types !== undefined && !types.includes(event.type)) return false;
  if (streams !== undefined && !streams.includes(event.stream)) return false;
  if (streamPrefix !== undefined && event.stream.slice(0, streamPrefix.length) !== streamPrefix) return false;
  return Object.entries(metadata ?? {}).every(([key, value]) => event.metadata[key] === value);
}

/** The model's data never has two orders of keys, so their text identifies them. */
function text(data: unknown): string {
  return JSON.stringify(data) ?? "absent";
}
