/** A line of an import. */
export const line = (fields: Record<string, unknown>): string =>
  `${JSON.stringify({ stream: "s", type: "t", ...fields })}\n`;

/** The bytes of a text that is ASCII. */
export function toBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
