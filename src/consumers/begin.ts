import { consumerFailed, withRetries, isTransient, type ConsumerRun } from "./retry.ts";

/**
 * Where a consumer begins "at the head", this is the head when it is called: written as its first checkpoint at once, without
 * waiting for the lease, unless it has a checkpoint. The storage reads the head and writes it in one transaction, so of several
 * clients that begin, the first sets the place. Appends that this store makes later are held back until then.
 *
 * Resolves once the beginning is durable. Where the consumer is closed between two tries, it is tried once more. Rejects with a storage
 * code or `consumer-failed`; with the latter where it was closed and the beginning could not be written.
 */
export async function begin(run: ConsumerRun): Promise<void> {
  const { name, after, checkpoint } = run.parts;
  if (after !== "head" || checkpoint !== undefined) return;
  const { storage, queue } = run.context;
  let to: number | "head" = "head";

  const write = async (): Promise<void> => {
    try {
      await storage.consumers.moveConsumer({ name, checkpoint: { from: null, to } });
    } catch (error) {
      // Where it cannot be written now, it is still the head of now that is written later.
      if (to === "head") to = await storage.head();
      throw error;
    }
  };
  let attempt = 0;
  let failedClosed = false;
  const tryOnce = async (): Promise<void> => {
    attempt += 1;
    try {
      await queue.inOrder(write);
    } catch (error) {
      failedClosed = run.closing.aborted;
      throw error;
    }
  };
  try {
    await withRetries(run, tryOnce, run.closing, isTransient).catch((error: unknown) => {
      if (!run.closing.aborted || failedClosed) throw error;
      return tryOnce();
    });
  } catch (error) {
    if (!run.closing.aborted) throw error;
    throw consumerFailed(name, { error, event: undefined, attempt }, "where it begins is not kept: ");
  }
}
