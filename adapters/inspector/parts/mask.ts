import type { StoredEvent } from "../../../src/index.ts";

/** What of an event is replaced. */
export interface Masking {
  /** Texts and numbers in data and metadata. Keys, booleans and nulls stay. */
  readonly values: boolean;
  /** Names of streams, and ids. */
  readonly names: boolean;
}

/**
 * Returns a function that masks events. The same text always becomes the same: what belongs together is still seen to, and causes are
 * still found.
 */
export function createMask({ values, names }: Masking): (event: StoredEvent) => StoredEvent {
  const known = new Map<string, string>();

  function stand(kind: string, text: string): string {
    const key = `${kind} ${text}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = `${kind}-${known.size + 1}`;
    known.set(key, made);
    return made;
  }

  function mask(value: unknown): unknown {
    if (typeof value === "string") return stand("text", value);
    if (typeof value === "number") return 0;
    if (Array.isArray(value)) return value.map(mask);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mask(each)]));
  }

  function maskMetadata(metadata: StoredEvent["metadata"]): StoredEvent["metadata"] {
    const { causationId, correlationId, ...rest } = metadata;
    const ids = Object.entries({ causationId, correlationId }).flatMap(([key, id]) =>
      typeof id === "string" ? [[key, names ? stand("id", id) : id]] : [],
    );
    return { ...((values ? mask(rest) : rest) as StoredEvent["metadata"]), ...Object.fromEntries(ids) };
  }

  return (event) => ({
    ...event,
    ...(values && event.data !== undefined && { data: mask(event.data) }),
    metadata: maskMetadata(event.metadata),
    ...(names && { stream: stand("stream", event.stream), id: stand("id", event.id) }),
  });
}
