import { fillRandom } from "../platform.ts";

const POOL_BYTES = 4096;

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

  /** Puts the lowest four bits of a number there, as a digit: 0 to 9 or a to f. */
  const put = (place: number, bits: number): void => {
    const digit = bits & 0xf;
    characters[place] = digit + (digit < 10 ? 48 : 87);
  };
  const random = (): number => pool[used++] as number;

  return () => {
    if (used + 18 > POOL_BYTES) {
      fillRandom(pool);
      used = 0;
    }
    const now = clock();
    if (now > time || ++counter > 0xfff) {
      time = Math.max(now, time + 1);
      // The counter starts in the lower half of its range, so that it has room to rise.
      counter = ((random() & 0x07) << 8) | random();
      const digits = time.toString(16).padStart(12, "0");
      // A hyphen comes after the eighth.
      for (let index = 0; index < 12; index++) characters[index + (index >> 3)] = digits.charCodeAt(index);
    }
    put(15, counter >> 8);
    put(16, counter >> 4);
    put(17, counter);
    put(19, 8 | (random() & 3));
    for (let place = 20; place < 36; place++) if (place !== 23) put(place, random());
    return String.fromCharCode(...characters);
  };
}
