import { isThenable } from "./thenable.ts";
import { asyncDispose, onAbort, type AbortSignalLike } from "../platform.ts";

/** An async iterator over items that arrive in chunks. It can be ended from outside. */
export interface BufferedIterator<T> extends AsyncIterableIterator<T>, AsyncDisposable {
  /** Resolves with all remaining items, once the iterator has ended. */
  toArray(): Promise<T[]>;
  /** Ends the iterator: the waiting call, or else the next one, rejects with this error. */
  fail(error: unknown): void;
}

/** A chunk of items, which may be empty; undefined at the end. */
type Chunk<T> = readonly T[] | undefined;

export interface ChunkSource<T> {
  /**
   * Returns the next chunk or a promise of it; null if there is none for now: it then calls `again` later, to be asked once more. Not
   * called again before that, or before its promise has settled.
   */
  fill(again: () => void): Promise<Chunk<T>> | Chunk<T> | null;
  /** Called once when the iterator ends. */
  onEnd?(): void;
  readonly signal: AbortSignalLike | undefined;
}

/** A call of `next` that waits, and the one after it. */
interface Asked<T> {
  readonly resolve: (result: IteratorResult<T>) => void;
  readonly reject: (error: unknown) => void;
  after: Asked<T> | undefined;
}

const DONE: IteratorReturnResult<undefined> = { value: undefined, done: true };

export function createBufferedIterator<T>({ fill, onEnd, signal }: ChunkSource<T>): BufferedIterator<T> {
  let buffer: readonly T[] = [];
  let index = 0;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let filling = false;
  /** The first call that waits. While there is one, the buffer is used up. */
  let first: Asked<T> | undefined;

  const abort = (): void => fail(signal?.reason);
  let ignoreAbort: (() => void) | undefined;

  function end(reason?: { readonly error: unknown }): void {
    if (ended) return;
    ended = true;
    failure = reason;
    buffer = [];
    ignoreAbort?.();
    onEnd?.();
    serve();
  }

  function refill(): void {
    filling = true;
    ignoreAbort ??= onAbort(signal, abort);
    try {
      const chunk = fill(again);
      // Not a promise if it need not be: thousands of watchers may be given the same event.
      if (isThenable(chunk)) chunk.then(take, fail);
      else if (chunk !== null) take(chunk);
    } catch (error) {
      fail(error);
    }
  }

  function take(chunk: Chunk<T>): void {
    if (chunk === undefined) end();
    else if (!ended) {
      buffer = chunk;
      index = 0;
    }
    again();
  }

  /** Serves the calls that wait, and asks for a chunk if some still do. */
  function again(): void {
    filling = false;
    // An iterator that need not be ended may be abandoned, so it must not leave a listener at the signal.
    if (onEnd === undefined) {
      ignoreAbort?.();
      ignoreAbort = undefined;
    }
    serve();
  }

  function serve(): void {
    while (first !== undefined && (ended || index < buffer.length)) {
      const { resolve, reject, after } = first;
      first = after;
      if (failure === undefined) resolve(ended ? DONE : { value: buffer[index++] as T, done: false });
      else reject(failure.error);
      failure = undefined;
    }
    if (first !== undefined && !filling) refill();
  }

  function fail(error: unknown): void {
    end({ error });
  }

  function next(): Promise<IteratorResult<T>> {
    // Once there is a listener, it has ended the iterator: asking thousands of signals takes time.
    if (ignoreAbort === undefined && signal?.aborted === true) abort();
    if (index < buffer.length) return Promise.resolve({ value: buffer[index++] as T, done: false });
    return new Promise((resolve, reject) => {
      const call = { resolve, reject, after: undefined };
      let last = first;
      while (last?.after !== undefined) last = last.after;
      if (last === undefined) first = call;
      else last.after = call;
      serve();
    });
  }

  return {
    next,
    return() {
      end();
      return Promise.resolve(DONE);
    },
    async toArray() {
      const all: T[] = [];
      for (;;) {
        while (index < buffer.length) all.push(buffer[index++] as T);
        const { value, done } = await next();
        if (done) return all;
        all.push(value);
      }
    },
    fail,
    [Symbol.asyncIterator]() {
      return this;
    },
    [asyncDispose]() {
      end();
      return Promise.resolve();
    },
  };
}
