/** The property that marks what JSON has no form for. */
const MARK = "@";

/** Writes a message as text, for sockets that carry no structured data. JSON, with a mark on what it lacks. */
export function encodeMessage(message: unknown): string {
  return JSON.stringify(encode(message));
}

/** Reads a message that {@link encodeMessage} wrote. @throws a `SyntaxError` for any other text. */
export function decodeMessage(text: string): unknown {
  return decode(JSON.parse(text));
}

function encode(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) ? value : special(value);
  if (typeof value === "bigint") return { [MARK]: "bigint", value: String(value) };
  if (value instanceof Uint8Array)
    return { [MARK]: "bytes", value: Array.from(value, (byte) => String.fromCharCode(byte)).join("") };
  // Array.from: also what an array leaves out.
  if (Array.isArray(value))
    return Array.from(value, (one: unknown) => (one === undefined ? { [MARK]: "undefined" } : encode(one)));
  if (typeof value !== "object" || value === null) return value;
  const copy = mapValues(value, encode);
  return Object.hasOwn(value, MARK) ? { [MARK]: "object", value: copy } : copy;
}

function special(value: number): object {
  return { [MARK]: "number", value: Object.is(value, -0) ? "-0" : String(value) };
}

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== "object" || value === null) return value;
  if (!Object.hasOwn(value, MARK)) return mapValues(value, decode);
  const { [MARK]: kind, value: inner } = value as { readonly [MARK]: unknown; readonly value?: unknown };
  if (kind === "object" && typeof inner === "object" && inner !== null) return mapValues(inner, decode);
  if (kind === "undefined") return undefined;
  if (kind === "number") return Number(inner);
  if (kind === "bigint" && typeof inner === "string" && /^-?\d+$/.test(inner)) return BigInt(inner);
  if (kind === "bytes" && typeof inner === "string") return Uint8Array.from(inner, (letter) => letter.charCodeAt(0));
  throw new SyntaxError("this is no message of a store");
}

/** A property named "__proto__" stays one: an assignment would change the prototype. */
function mapValues(object: object, change: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
