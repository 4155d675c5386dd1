const LONGEST = 20_000;

/** Waits, one turn of the event loop at a time, until a condition holds. Fails after a generous limit. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + LONGEST;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`still not so after ${LONGEST} ms: ${holds.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
