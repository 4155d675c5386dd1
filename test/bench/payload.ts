export interface Payload {
  readonly index: number;
  readonly note: string;
}

/** The events' data in all benchmarks: 269 bytes of JSON each, all different. */
export const PAYLOADS: readonly Payload[] = Array.from({ length: 1000 }, (_, index) => payload(index));

function payload(index: number): Payload {
  const note = hexDigits(index + 1, 256);
  return { index, note: note.slice(0, 269 - JSON.stringify({ index, note: "" }).length) };
}

/** Pseudo-random digits, the same in every run: xorshift (https://www.jstatsoft.org/article/view/v008i14). */
function hexDigits(seed: number, length: number): string {
  let state = seed * 2654435761;
  let digits = "";
  while (digits.length < length) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    digits += (state >>> 0).toString(16).padStart(8, "0");
  }
  return digits;
}
