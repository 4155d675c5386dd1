import { consumerFailed, withRetries, isTransient, type ConsumerRun } from "./retry.ts";

/**
 * Saves the head as the first checkpoint of a consumer that begins "at the head", unless it has a checkpoint. This happens at once,
 * without the lease. The storage reads the head and writes it in one transaction, so that the first of several clients sets the
 * checkpoint. Later appends of this store are held back until then.
 *
 * Resolves once the checkpoint is durable. If the consumer is closed between two attempts, there is one more. Rejects with a storage
 * code or `consumer-failed`; with the latter if the consumer was closed and the checkpoint could not be written.
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
      // A later attempt writes the head of now, not that of its own time.
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
