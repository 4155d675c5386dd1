import { checkVerb } from "../validate.ts";
import { createBufferedIterator } from "../async/buffered-iterator.ts";
import { invalidArgument } from "../errors.ts";
import type { ImportSource, ReadableStreamLike } from "./text-format.ts";
import { decodeUtf8, type AbortSignalLike } from "../platform.ts";

/** A line without its line feed, or why it is invalid. */
export type Line = string | { readonly problem: string };

type Piece = string | Uint8Array;

/** The longest line, in characters or bytes. Engines limit strings to about twice that. */
const LONGEST = 1 << 28;

const LINE_FEED = 10;

/** Splits pieces of text or bytes into lines. @throws `invalid-argument` for a source that gives neither. */
export async function* linesOf(
  source: ImportSource,
  signal: AbortSignalLike | undefined,
): AsyncGenerator<readonly Line[]> {
  const pieces = iteratorOf(source);
  const splitter = createSplitter();
  const interruptible = createBufferedIterator<Piece>({
    signal,
    async fill() {
      const { done, value } = await pieces.next();
      return done === true ? undefined : [value];
    },
    onEnd() {
      // The import has ended with a reason of its own, so an error of the source is not reported.
      const leave = async (): Promise<unknown> => pieces.return?.();
      leave().catch(() => undefined);
    },
  });
  for await (const piece of interruptible) yield splitter.take(piece);
  yield splitter.end();
}

interface PieceIterator {
  next(): PromiseLike<IteratorResult<Piece>> | IteratorResult<Piece>;
  return?(): unknown;
}

function iteratorOf(source: ImportSource): PieceIterator {
  if (typeof source === "string" || source instanceof Uint8Array) return [source].values();
  if (Symbol.asyncIterator in Object(source)) return (source as AsyncIterable<Piece>)[Symbol.asyncIterator]();
  if (Symbol.iterator in Object(source)) return (source as Iterable<Piece>)[Symbol.iterator]();
  checkVerb(source, "getReader", "events", "text, bytes, or an iterable or stream of them");
  const reader = (source as ReadableStreamLike).getReader();
  return {
    async next() {
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done, value: value as Piece };
    },
    return: () => reader.cancel(),
  };
}

/** Holds the beginning of a line until its end arrives. */
function createSplitter(): { take(piece: Piece): readonly Line[]; end(): readonly Line[] } {
  let held: Piece[] = [];
  let size = 0;
  /** The rest of a line that is too long is being skipped. */
  let dropping = false;

  function hold(piece: Piece): readonly Line[] {
    if (dropping || piece.length === 0) return [];
    size += piece.length;
    if (size <= LONGEST) {
      held.push(piece);
      return [];
    }
    held = [];
    dropping = true;
    return [{ problem: `it is longer than ${LONGEST} characters` }];
  }

  return {
    take(piece) {
      const end = lastLineFeed(piece);
      if (end < 0) return hold(piece);
      const lines = split([...held, piece.slice(0, end)]);
      const complete = dropping ? lines.slice(1) : lines;
      held = [];
      size = 0;
      dropping = false;
      return [...complete, ...hold(piece.slice(end + 1))];
    },
    end: () => (held.length === 0 ? [] : split(held)),
  };
}

function lastLineFeed(piece: Piece): number {
  if (typeof piece === "string") return piece.lastIndexOf("\n");
  if (piece instanceof Uint8Array) return piece.lastIndexOf(LINE_FEED);
  throw invalidArgument("events", `the pieces of an import must be strings or Uint8Arrays, not ${typeof piece}`);
}

function split(pieces: readonly Piece[]): readonly Line[] {
  if (pieces.every((piece) => typeof piece === "string")) return pieces.join("").split("\n");
  if (pieces.every((piece) => typeof piece !== "string")) return decode(join(pieces));
  throw invalidArgument("events", "the pieces of an import must be all strings or all bytes, not both within one line");
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Decodes all bytes at once, and line by line only if that fails. In UTF-8 no other character contains the byte of a line feed. */
function decode(bytes: Uint8Array): readonly Line[] {
  const text = decodeStrictly(bytes);
  if (text !== undefined) return text.split("\n");
  const lines: Line[] = [];
  for (let start = 0; start <= bytes.length;) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const end = feed < 0 ? bytes.length : feed;
    lines.push(decodeStrictly(bytes.subarray(start, end)) ?? { problem: "it is not UTF-8" });
    start = end + 1;
  }
  return lines;
}

function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return decodeUtf8(bytes, true);
  } catch {
    return undefined;
  }
}
