import type { Span } from "@opentelemetry/api";
import type { Event, EventReader, StoredEvent } from "../../src/index.ts";

/** A read whose span lasts from the first event that is asked for to the last that is taken. */
export function tracedReader<E extends Event>(
  reader: EventReader<E>,
  inSpan: (work: (span: Span) => Promise<void>) => Promise<void>,
): EventReader<E> {
  let count = 0;
  let end: ((error?: unknown) => void) | undefined;
  let span: Span | undefined;

  function begin(): void {
    if (end !== undefined) return;
    const ended = new Promise<void>((resolve, reject) => {
      // oxlint-disable-next-line promise/no-multiple-resolved
      end = (...errors: readonly unknown[]) => (errors.length === 0 ? resolve() : reject(errors[0]));
    });
    // Its failure is told by the read itself.
    inSpan((started) => {
      span = started;
      return ended;
    }).catch(() => undefined);
  }

  function finish(): void {
    span?.setAttribute("db.response.returned_rows", count);
    end?.();
  }

  async function follow<T>(step: () => Promise<T>, isEnd: (result: T) => boolean): Promise<T> {
    begin();
    try {
      const result = await step();
      if (isEnd(result)) finish();
      return result;
    } catch (error) {
      end?.(error);
      throw error;
    }
  }

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () =>
      follow(
        () => reader.next(),
        ({ done }) => {
          if (done !== true) count += 1;
          return done === true;
        },
      ),
    return: () =>
      follow(
        () => reader.return?.() as Promise<IteratorResult<StoredEvent<E>>>,
        () => true,
      ),
    toArray: () =>
      follow(
        () => reader.toArray(),
        (events) => {
          count += events.length;
          return true;
        },
      ),
    [Symbol.asyncDispose]: async () => {
      finish();
      await reader[Symbol.asyncDispose]();
    },
  };
}
