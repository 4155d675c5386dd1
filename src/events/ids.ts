import { fillRandom } from "../platform.ts";

const POOL_BYTES = 4096;

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
  const pool = new Uint8Array(POOL_BYTES);
  // Built from one list of character codes: joining pieces of text would leave twenty of them to the garbage collector.
  const characters = Array.from("00000000-0000-7000-8000-000000000000", (character) => character.charCodeAt(0));
  let used = POOL_BYTES;
  let time = 0;
  let counter = 0;

  /** Puts the lowest eight bits of a number there, as two digits. */
  const put = (place: number, bits: number): void => {
    characters[place] = DIGITS.charCodeAt((bits >> 4) & 0xf);
    characters[place + 1] = DIGITS.charCodeAt(bits & 0xf);
  };
  const random = (): number => pool[used++] as number;

  return () => {
    if (used + 10 > POOL_BYTES) {
      fillRandom(pool);
      used = 0;
    }
    const now = clock();
    if (now > time || ++counter > 0xfff) {
      time = Math.max(now, time + 1);
      // The counter starts in the lower half of its range, so that it has room to rise.
      counter = ((random() & 0x07) << 8) | random();
      // A hyphen comes after the fourth byte.
      for (let place = 11, rest = time; place >= 0; place -= place === 9 ? 3 : 2, rest /= 256) put(place, rest);
    }
    put(14, 0x70 | (counter >> 8));
    put(16, counter);
    put(19, 0x80 | (random() & 0x3f));
    put(21, random());
    for (let place = 24; place < 36; place += 2) put(place, random());
    return String.fromCharCode(...characters);
  };
}
