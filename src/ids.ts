import { fillRandom } from "./platform.ts";

const POOL_BYTES = 4096;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The canonical text of 32 hexadecimal digits. */
export function uuidFromHex(digits: string): string {
  const low = digits.toLowerCase();
  return `${low.slice(0, 8)}-${low.slice(8, 12)}-${low.slice(12, 16)}-${low.slice(16, 20)}-${low.slice(20)}`;
}

/**
 * Makes UUIDs of version 7 (RFC 9562, method 1): the time in milliseconds, then a 12-bit counter that rises within
 * one millisecond, then 62 random bits; so the ids of one maker always ascend, also when its clock runs backwards.
 */
export function createUuidv7(clock: () => number): () => string {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  let time = 0;
  let counter = 0;

  const byte = (): number => pool[used++] as number;

  return () => {
    if (used + 10 > POOL_BYTES) {
      fillRandom(pool);
      used = 0;
    }
    const now = clock();
    if (now > time) {
      time = now;
      counter = ((byte() & 0x07) << 8) | byte();
    } else if (++counter > 0xfff) {
      time += 1;
      counter = 0;
    }
    const high = Math.floor(time / 0x10000);
    const low = time % 0x10000;
    return (
      hex(high >>> 24) +
      hex(high >>> 16) +
      hex(high >>> 8) +
      hex(high) +
      "-" +
      hex(low >>> 8) +
      hex(low) +
      "-" +
      hex(0x70 | (counter >>> 8)) +
      hex(counter) +
      "-" +
      hex(0x80 | (byte() & 0x3f)) +
      hex(byte()) +
      "-" +
      hex(byte()) +
      hex(byte()) +
      hex(byte()) +
      hex(byte()) +
      hex(byte()) +
      hex(byte())
    );
  };
}

function hex(value: number): string {
  return HEX[value & 0xff] as string;
}
