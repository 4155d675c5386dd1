export interface Payload {
  readonly index: number;
  readonly note: string;
}

/** What every benchmark appends: 269 bytes of JSON each, none like another. */
export const PAYLOADS: readonly Payload[] = Array.from({ length: 1000 }, (_, index) => payload(index));

function payload(index: number): Payload {
  const note = hexDigits(index + 1, 256);
  return { index, note: note.slice(0, 269 - JSON.stringify({ index, note: "" }).length) };
}

/** Digits that look like chance and are the same every time: xorshift (https://www.jstatsoft.org/article/view/v008i14). */
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
