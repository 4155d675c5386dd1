/** Makes a line of an import. */
export const line = (fields: Record<string, unknown>): string =>
  `${JSON.stringify({ stream: "s", type: "t", ...fields })}\n`;

/** Encodes ASCII text as bytes. */
export function toBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
