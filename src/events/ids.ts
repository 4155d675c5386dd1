import { fillRandom } from "../platform.ts";

const POOL_WORDS = 1024;

const DIGITS = "0123456789abcdef";

/** Formats 32 hexadecimal digits as a UUID. */
export function uuidFromHex(digits: string): string {
  const low = digits.toLowerCase();
  return `${low.slice(0, 8)}-${low.slice(8, 12)}-${low.slice(12, 16)}-${low.slice(16, 20)}-${low.slice(20)}`;
}

/** Decodes an id of an event page: "u" and the 32 hexadecimal digits of a UUID, or "t" and any other text. */
export function idFromText(text: string): string {
  return text.charCodeAt(0) === LETTER_U ? uuidFromHex(text.slice(1)) : text.slice(1);
}

const LETTER_U = 117;

/**
 * Makes UUIDs of version 7 (RFC 9562, method 1): the time in milliseconds, then a 12-bit counter that rises within
 * one millisecond, then 62 random bits; so the ids of one maker always ascend, also when its clock runs backwards.
 */
export function createUuidv7(clock: () => number): () => string {
  const pool = new Uint32Array(POOL_WORDS);
  // Built from one list of character codes: joining pieces of text would leave twenty of them to the garbage collector.
  const characters = Array.from("00000000-0000-7000-8000-000000000000", (character) => character.charCodeAt(0));
  let used = POOL_WORDS;
  let time = 0;
  let counter = 0;

  /** Puts the lowest bits of a number before a place, as digits from another place on. */
  const put = (from: number, before: number, bits: number): void => {
    for (let place = before; place-- > from; bits >>>= 4) characters[place] = DIGITS.charCodeAt(bits & 0xf);
  };

  return () => {
    if (used + 3 > POOL_WORDS) {
      fillRandom(pool);
      used = 0;
    }
    const now = clock();
    if (now > time || ++counter > 0xfff) {
      time = Math.max(now, time + 1);
      // The counter starts in the lower half of its range, so that it has room to rise.
      counter = pool[used++]! & 0x7ff;
      put(0, 8, time / 0x10000);
      put(9, 13, time);
    }
    const bits = pool[used++]!;
    put(15, 18, counter);
    put(19, 23, 0x8000 | (bits & 0x3fff));
    put(24, 28, bits >>> 16);
    put(28, 36, pool[used++]!);
    return String.fromCharCode(...characters);
  };
}
