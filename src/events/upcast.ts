import { EventStoreError, describe, isEventStoreError } from "../errors.ts";
import type { StoredEvent } from "../event.ts";
import { checked } from "./json.ts";
import { refuseThenable } from "../async/thenable.ts";

/** Converts data of one version to the next. */
export type Step = (data: unknown, event: StoredEvent) => unknown;

/** Applies the upcasters from the event's version on. @throws `upcast-failed`. */
export function upcast(event: StoredEvent, steps: readonly Step[]): StoredEvent {
  let { data, schemaVersion } = event;
  for (const step of steps) {
    try {
      const next = refuseThenable(step(data, event), "the step");
      // An upcaster that gets data and returns undefined has probably forgotten its return statement.
      if (next !== undefined || data !== undefined) checked(next, { key: "data" });
      data = next;
    } catch (cause) {
      throw failed(event, schemaVersion, cause);
    }
    schemaVersion += 1;
  }
  return { ...event, data, schemaVersion };
}

function failed({ type, position, id }: StoredEvent, schemaVersion: number, cause: unknown): EventStoreError {
  const step = `upcast ${schemaVersion} of "${type}"`;
  const why = isEventStoreError(cause, "invalid-event")
    ? `returned a value that is not JSON: ${cause.message}`
    : `threw: ${describe(cause)}`;
  const message = `${step}, for the event at position ${position}, ${why}`;
  return new EventStoreError("upcast-failed", message, { type, schemaVersion, position, eventId: id }, cause);
}
