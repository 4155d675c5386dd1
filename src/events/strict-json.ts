import { invalidArgument, mustBe } from "../errors.ts";

/**
 * Parses JSON from an untrusted source, such as a line of an import or the body of a request, and refuses what `JSON.parse` would
 * silently lose: a duplicate key of one object, and a number that would be written back with another decimal value, such as
 * `12345678901234567890` or `1e400`. `-0` becomes 0; `__proto__` is an ordinary key.
 *
 * @throws `invalid-argument` for a value that would be lost, with its path, such as `data.a[3]`; a `SyntaxError` for text that is
 * not JSON.
 * @example
 * ```ts
 * try {
 *   parseStrictJson('{ "amount": 1, "amount": 2 }');
 * } catch (error) {
 *   console.log(String(error)); // → EventStoreError: amount: duplicate key: one of its values would be lost
 * }
 * ```
 */
export function parseStrictJson(text: string): unknown {
  if (typeof text !== "string") throw mustBe("text", "a string");
  const value: unknown = JSON.parse(text);
  refuseLosses(text);
  return value;
}

/** An object or array that encloses the current position of the scan. */
interface Container {
  /** The keys that were read so far; undefined in an array. */
  readonly keys: Keys | undefined;
  /** The key or index of the current value. */
  key: string | number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Scans valid JSON once, without recursion, because untrusted text may be nested arbitrarily deep. */
function refuseLosses(text: string): void {
  const open: Container[] = [];
  let inner: Container | undefined;
  let keyIsNext = false;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      if (keyIsNext) takeKey(text.slice(at + 1, end), open);
      keyIsNext = false;
      at = end;
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      keyIsNext = code === OPEN_OBJECT;
      inner = keyIsNext ? { keys: createKeys(), key: "" } : { keys: undefined, key: 0 };
      open.push(inner);
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      keyIsNext = false;
      open.pop();
      inner = open.at(-1);
    } else if (code === COMMA) {
      keyIsNext = inner?.keys !== undefined;
      if (typeof inner?.key === "number") inner.key += 1;
    } else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      const end = endOfNumeral(text, at);
      // Numbers of up to 15 digits keep their value.
      if (end - at > 15 || hasExponent(text, at, end)) checkNumeral(text.slice(at, end), open);
      at = end - 1;
    }
    at += 1;
  }
}

/** The index of the quote that closes the string. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}

function endOfNumeral(text: string, start: number): number {
  let end = start + 1;
  while (isOfNumeral(text.charCodeAt(end))) end += 1;
  return end;
}

/** A digit, or one of `+ - . E e`. */
function isOfNumeral(code: number): boolean {
  return (
    (code >= ZERO && code <= NINE) || code === 0x2e || code === 0x65 || code === 0x45 || code === 0x2b || code === MINUS
  );
}

function hasExponent(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (text.charCodeAt(at) >= 0x45) return true;
  return false;
}

function takeKey(raw: string, open: readonly Container[]): void {
  const inner = open.at(-1) as Container;
  // The same key may be written with and without escapes.
  const key = raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw;
  inner.key = key;
  if (inner.keys?.add(key) === false) throw refused(open, "duplicate key: one of its values would be lost");
}

function checkNumeral(numeral: string, open: readonly Container[]): void {
  const value = Number(numeral);
  if (Number.isFinite(value) && decimalOf(numeral) === decimalOf(String(value))) return;
  const short = numeral.length > 40 ? `${numeral.slice(0, 40)}…` : numeral;
  throw refused(open, `${short} would become ${value}, a number of 64 bits: write it as text to keep every digit`);
}

/** The absolute value of a numeral in one canonical form: its digits without leading and trailing zeros, and a power of ten. */
function decimalOf(numeral: string): string {
  const [, whole = "", fraction = "", exponent = "0"] = /(\d+)(?:\.(\d+))?(?:[eE](.+))?/.exec(numeral) ?? [];
  const digits = whole + fraction;
  let start = 0;
  while (digits[start] === "0") start += 1;
  if (start === digits.length) return "0";
  let end = digits.length;
  while (digits[end - 1] === "0") end -= 1;
  return `${digits.slice(start, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}

/** The keys of one object. */
interface Keys {
  /** Returns false for a duplicate. */
  add(key: string): boolean;
}

/** Starts with a list, which for the few keys of most objects is several times as fast as a set. */
function createKeys(): Keys {
  const few: string[] = [];
  let many: Set<string> | undefined;
  return {
    add(key) {
      if (many === undefined) {
        if (few.includes(key)) return false;
        if (few.push(key) > 16) many = new Set(few);
        return true;
      }
      return many.size < many.add(key).size;
    },
  };
}

function refused(open: readonly Container[], why: string): Error {
  const path = open.map(({ key }) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("");
  // The first key has no dot before it.
  const place = path.startsWith(".") ? path.slice(1) : path;
  return invalidArgument(place, place === "" ? why : `${place}: ${why}`);
}
