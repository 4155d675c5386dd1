/** Messages that come with time, whatever is done: whether the leader is alive. */
const UNCOUNTED: ReadonlySet<string | undefined> = new Set(["waiting", "alive"]);

/**
 * What a message has, as a word. Undefined if it is not counted, as an empty one, with which a thread only waits for its
 * next turn.
 */
export function wordOf(message: unknown): string | undefined {
  const [word] = Object.keys(Object(message));
  return UNCOUNTED.has(word) ? undefined : word;
}
