/** What stands for a value that throws when it is turned into text, such as an object without a prototype. */
const UNPRINTABLE = "a value that cannot be printed";

/** A thrown value as text, with the name of its class where it is an error. Never throws, whatever the value is. */
export function describe(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return UNPRINTABLE;
  }
}

/** The message of an error, or else the value as text. Never throws, whatever the value is. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return UNPRINTABLE;
  }
}
