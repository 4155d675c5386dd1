/** A thrown value as text, with the name of its class where it is an error. Never throws, whatever the value is. */
export function describe(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    // Such as an object without a prototype.
    return "an unprintable value";
  }
}

/** The message of an error, or else the value as text. Never throws, whatever the value is. */
export function messageOf(thrown: unknown): string {
  try {
    // Whatever an error's class says, it may hold anything.
    if (thrown instanceof Error) return [thrown.message].join();
  } catch {
    // Its prototype or its message cannot be had: a proxy may throw for both.
  }
  return describe(thrown);
}
