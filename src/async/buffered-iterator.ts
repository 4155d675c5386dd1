import { asyncDispose, onAbort, type AbortSignalLike } from "../platform.ts";

/** An async iterator that hands out what arrives in chunks, one by one, and can be ended from outside. */
export interface BufferedIterator<T> extends AsyncIterableIterator<T>, AsyncDisposable {
  /** Hands out all that is left at once; one that never ends never returns. */
  toArray(): Promise<T[]>;
  /** Ends it: the next call, or the one that waits, rejects with this. */
  fail(error: unknown): void;
}

export interface ChunkSource<T> {
  /** The next chunk, perhaps empty; undefined at the end. Not called again before it has settled. */
  fill(): Promise<readonly T[] | undefined>;
  /** Called once, however it ends. */
  onEnd?(): void;
  readonly signal: AbortSignalLike | undefined;
}

const DONE: IteratorReturnResult<undefined> = { value: undefined, done: true };

export function createBufferedIterator<T>({ fill, onEnd, signal }: ChunkSource<T>): BufferedIterator<T> {
  let buffer: readonly T[] = [];
  let index = 0;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let filling: Promise<void> | undefined;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  let stopWaiting: () => void = () => undefined;

  const abort = (): void => end({ error: signal?.reason });
  let ignoreAbort: (() => void) | undefined;

  function end(reason?: { readonly error: unknown }): void {
    if (ended) return;
    ended = true;
    failure = reason;
    buffer = [];
    ignoreAbort?.();
    onEnd?.();
    stopWaiting();
  }

  /** Waits for a chunk, or for the end from outside; who waits then looks at the state. */
  function refill(): Promise<void> {
    filling ??= new Promise<void>((resolve) => {
      stopWaiting = resolve;
      if (signal?.aborted === true) return abort();
      ignoreAbort ??= onAbort(signal, abort);
      fill().then(
        (chunk) => {
          if (chunk === undefined) end();
          else if (!ended) {
            buffer = chunk;
            index = 0;
          }
          resolve();
        },
        (error: unknown) => {
          end({ error });
          resolve();
        },
      );
    }).finally(() => {
      filling = undefined;
      // What holds nothing may be dropped without an end, and then nothing of it is to stay with the signal.
      if (onEnd !== undefined) return;
      ignoreAbort?.();
      ignoreAbort = undefined;
    });
    return filling;
  }

  /** Looked at and taken in one turn: it may be ended from outside, or emptied by another call, in between any two. */
  async function take(): Promise<IteratorResult<T>> {
    while (!ended && index >= buffer.length) await refill();
    throwFailure();
    return ended ? DONE : { value: buffer[index++] as T, done: false };
  }

  /** Calls made before earlier ones were answered wait for them. */
  function takeInTurn(): Promise<IteratorResult<T>> {
    const mine = (waiting++ === 0 ? take() : last.then(take, take)).finally(() => (waiting -= 1));
    last = mine;
    return mine;
  }

  function throwFailure(): void {
    if (failure === undefined) return;
    const { error } = failure;
    failure = undefined;
    throw error;
  }

  return {
    next() {
      if (signal?.aborted === true) abort();
      if (index >= buffer.length || waiting > 0) return takeInTurn();
      return Promise.resolve({ value: buffer[index++] as T, done: false });
    },
    return() {
      end();
      return Promise.resolve(DONE);
    },
    async toArray() {
      const all: T[] = [];
      while (!ended) {
        while (index < buffer.length) all.push(buffer[index++] as T);
        await refill();
      }
      throwFailure();
      return all;
    },
    fail: (error) => end({ error }),
    [Symbol.asyncIterator]() {
      return this;
    },
    [asyncDispose]() {
      end();
      return Promise.resolve();
    },
  };
}
