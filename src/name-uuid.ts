import { uuidFromHex } from "./ids.ts";
import { encodeUtf8 } from "./platform.ts";

/** The namespace of ids that rivulet makes of names: one UUID of its own, as RFC 9562 asks for. */
const NAMESPACE: readonly number[] = [
  0x6b, 0x1d, 0x0f, 0x52, 0x93, 0x0c, 0x4f, 0x0e, 0x8a, 0x57, 0x2e, 0x61, 0xd4, 0xb0, 0x7c, 0x39,
];

/**
 * The UUID of version 5 that stands for a name (RFC 9562, section 5.5): the same name, the same UUID, anywhere. By hand, because
 * the platforms' own SHA-1 answers later only, and in browsers in secure contexts only.
 */
export function uuidOf(name: string): string {
  const digest = sha1([...NAMESPACE, ...encodeUtf8(name)]).slice(0, 16);
  digest[6] = ((digest[6] as number) & 0x0f) | 0x50;
  digest[8] = ((digest[8] as number) & 0x3f) | 0x80;
  return uuidFromHex(digest.map((byte) => byte.toString(16).padStart(2, "0")).join(""));
}

/** SHA-1 (RFC 3174) of some bytes. */
function sha1(bytes: readonly number[]): number[] {
  const words = padded(bytes);
  const hash: Hash = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  const w = new Uint32Array(80);
  for (let block = 0; block < words.length; block += 16) {
    w.set(words.subarray(block, block + 16));
    for (let t = 16; t < 80; t++) w[t] = rotate(at(w, t - 3) ^ at(w, t - 8) ^ at(w, t - 14) ^ at(w, t - 16), 1);
    let [a, b, c, d, e] = hash;
    for (let t = 0; t < 80; t++) {
      const [f, k] = mixed(t, b, c, d);
      const next = (rotate(a, 5) + f + e + k + at(w, t)) | 0;
      [a, b, c, d, e] = [next, a, rotate(b, 30), c, d];
    }
    [a, b, c, d, e].forEach((value, index) => (hash[index] = ((hash[index] as number) + value) | 0));
  }
  return hash.flatMap((word) => [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff));
}

type Hash = [number, number, number, number, number];

/** In words of four bytes: the message, one bit, zeros, and its length in bits; whole blocks of sixteen. */
function padded(bytes: readonly number[]): Uint32Array {
  const words = new Uint32Array((((bytes.length + 8) >> 6) + 1) * 16);
  [...bytes, 0x80].forEach(
    (byte, index) => (words[index >> 2] = at(words, index >> 2) | (byte << (24 - 8 * (index & 3)))),
  );
  words[words.length - 1] = bytes.length * 8;
  return words;
}

function mixed(t: number, b: number, c: number, d: number): [f: number, k: number] {
  if (t < 20) return [(b & c) | (~b & d), 0x5a827999];
  if (t < 40) return [b ^ c ^ d, 0x6ed9eba1];
  if (t < 60) return [(b & c) | (b & d) | (c & d), 0x8f1bbcdc];
  return [b ^ c ^ d, 0xca62c1d6];
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

function at(words: Uint32Array, index: number): number {
  return words[index] as number;
}
