import type { StoredEvent } from "../../../event.ts";
import { causeOf } from "../../../read-models/catch-up.ts";
import type { ReadModel } from "../../../read-models/read-model.ts";
import type { ModelOverlay, OutboxEntry, SqlValue } from "../../../storage/protocol.ts";
import type { PendingItem } from "./predictions.ts";

/** A pending event that a read model could not handle, so that it is not in the rows. */
export interface FailedPending {
  /** The id of its command or append in the outbox. */
  readonly id: string;
  /** The id of the event. */
  readonly eventId: string;
  /** What its handler or one of its statements has thrown. */
  readonly message: string;
}

/** An event of an overlay: confirmed but not in the tables yet, or pending. */
export interface OverlaidEvent {
  readonly event: StoredEvent;
  /** Undefined if it is confirmed. */
  readonly entry?: OutboxEntry;
}

/** What a model's handlers make of events that are not in its tables. */
export interface MadeOverlay {
  readonly overlay: ModelOverlay;
  /** The events of the overlay. */
  readonly members: readonly OverlaidEvent[];
  readonly failed: readonly FailedPending[];
}

/**
 * Runs a model's handlers on events, in order. A pending event whose handler fails is left out, as is a confirmed one that the model
 * parks. At a confirmed one that stops the model, the overlay ends.
 */
export function makeOverlay(
  { _rivulet: { model } }: ReadModel,
  upTo: number,
  events: readonly OverlaidEvent[],
): MadeOverlay {
  const types = new Set(model.types);
  const texts = new Map<string, number>();
  const runs: (readonly [number, readonly SqlValue[]])[] = [];
  const members: OverlaidEvent[] = [];
  const counts: (readonly [number, number])[] = [];
  const failed: FailedPending[] = [];
  for (const one of events) {
    if (!types.has(one.event.type)) continue;
    try {
      const made = model.statementsFor(one.event, "used");
      for (const { text, values } of made) {
        const index = texts.get(text) ?? texts.size;
        texts.set(text, index);
        runs.push([index, values]);
      }
      members.push(one);
      counts.push([one.event.position, made.length]);
    } catch (error) {
      if (one.entry !== undefined) failed.push(toFailed(one.entry, one.event, causeOf(error)));
      else if (!model.parks) break;
    }
  }
  return { overlay: { upTo, texts: [...texts.keys()], runs, events: counts }, members, failed };
}

export function toFailed({ id }: OutboxEntry, { id: eventId }: StoredEvent, message: string): FailedPending {
  return { id, eventId, message };
}

/** Numbers pending events as if they were appended now, in the order of the outbox, to a log that ends at `head`. */
export function placeAfter(head: number, time: number, items: readonly PendingItem[]): readonly OverlaidEvent[] {
  let timestamp = time;
  return items.map(({ event, entry }, index) => {
    timestamp = Math.max(timestamp, event.timestamp);
    return { event: { ...event, position: head + index + 1, timestamp }, entry };
  });
}
