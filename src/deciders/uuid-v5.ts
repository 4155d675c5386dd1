import { uuidFromHex } from "../events/ids.ts";
import { encodeUtf8 } from "../platform.ts";

/** The namespace UUID (RFC 9562) of the ids that rivulet makes from names. */
const NAMESPACE: readonly number[] = [
  0x6b, 0x1d, 0x0f, 0x52, 0x93, 0x0c, 0x4f, 0x0e, 0x8a, 0x57, 0x2e, 0x61, 0xd4, 0xb0, 0x7c, 0x39,
];

/**
 * Makes a UUID of version 5 from a name (RFC 9562, section 5.5): the same name always gives the same UUID. SHA-1 is implemented
 * here because the platforms' own is asynchronous, and missing in browsers outside secure contexts.
 */
export function uuidOf(name: string): string {
  const text = encodeUtf8(name);
  const bytes = new Uint8Array(NAMESPACE.length + text.length);
  bytes.set(NAMESPACE);
  bytes.set(text, NAMESPACE.length);
  const digest = sha1(bytes);
  const words = [
    at(digest, 0),
    (at(digest, 1) & 0xffff0fff) | 0x5000,
    (at(digest, 2) & 0x3fffffff) | 0x80000000,
    at(digest, 3),
  ];
  return uuidFromHex(words.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join(""));
}

/** The SHA-1 hash (RFC 3174) of some bytes, as 32-bit words. */
function sha1(bytes: Uint8Array): Int32Array {
  const message = padded(bytes);
  const hash = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  const w = new Int32Array(80);
  for (let block = 0; block < message.length; block += 16) {
    w.set(message.subarray(block, block + 16));
    for (let t = 16; t < 80; t++) w[t] = rotate(at(w, t - 3) ^ at(w, t - 8) ^ at(w, t - 14) ^ at(w, t - 16), 1);
    let [a, b, c, d, e] = hash as unknown as [number, number, number, number, number];
    for (let t = 0; t < 80; t++) {
      const round = Math.floor(t / 20);
      const next = (rotate(a, 5) + mixed(round, b, c, d) + e + at(CONSTANTS, round) + at(w, t)) | 0;
      e = d;
      d = c;
      c = rotate(b, 30);
      b = a;
      a = next;
    }
    // A typed array of 32-bit words, so that sums wrap around.
    hash.set([at(hash, 0) + a, at(hash, 1) + b, at(hash, 2) + c, at(hash, 3) + d, at(hash, 4) + e]);
  }
  return hash;
}

const CONSTANTS: readonly number[] = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];

/** Pads the message to whole blocks of sixteen 32-bit words: the message, one set bit, zeros, and its length in bits. */
function padded(bytes: Uint8Array): Int32Array {
  const words = new Int32Array((((bytes.length + 8) >> 6) + 1) * 16);
  for (let index = 0; index <= bytes.length; index++) {
    const byte = bytes[index] ?? 0x80;
    words[index >> 2] = at(words, index >> 2) | (byte << (24 - 8 * (index & 3)));
  }
  words[words.length - 1] = bytes.length * 8;
  return words;
}

function mixed(round: number, b: number, c: number, d: number): number {
  if (round === 0) return (b & c) | (~b & d);
  return round === 2 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

function at(words: ArrayLike<number>, index: number): number {
  return words[index] as number;
}
