const LONGEST = 20_000;

/** Waits, turn by turn, until something holds; a generous limit ends it where it never does. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + LONGEST;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`still not so after ${LONGEST} ms: ${holds.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
