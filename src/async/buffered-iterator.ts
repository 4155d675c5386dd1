import { asyncDispose, onAbort, type AbortSignalLike } from "../platform.ts";

/** An async iterator over items that arrive in chunks. It can be ended from outside. */
export interface BufferedIterator<T> extends AsyncIterableIterator<T>, AsyncDisposable {
  /** Resolves with all remaining items, once the iterator has ended. */
  toArray(): Promise<T[]>;
  /** Ends the iterator: the waiting call, or else the next one, rejects with this error. */
  fail(error: unknown): void;
}

export interface ChunkSource<T> {
  /** Resolves with the next chunk, which may be empty; undefined at the end. Not called again before it has settled. */
  fill(): Promise<readonly T[] | undefined>;
  /** Called once when the iterator ends. */
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

  /** Resolves when there is a new chunk or the iterator has ended. */
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
      // An iterator that need not be ended may be abandoned, so it must not leave a listener at the signal.
      if (onEnd !== undefined) return;
      ignoreAbort?.();
      ignoreAbort = undefined;
    });
    return filling;
  }

  /** Checks the state and takes the item synchronously, because both may change at every await. */
  async function take(): Promise<IteratorResult<T>> {
    while (!ended && index >= buffer.length) await refill();
    throwFailure();
    return ended ? DONE : { value: buffer[index++] as T, done: false };
  }

  /** Takes an item after all earlier calls have settled. */
  function takeInOrder(): Promise<IteratorResult<T>> {
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
      if (index >= buffer.length || waiting > 0) return takeInOrder();
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
