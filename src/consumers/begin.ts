import { insist, isTransient, type ConsumerRun } from "./retry.ts";

/**
 * Where a consumer begins "at the head", this is the head when it is called: written as its first checkpoint at once, without
 * waiting for the lease, unless it has a checkpoint. The storage reads the head and writes it in one transaction, so of several
 * clients that begin, the first sets the place. Appends that this store makes later are held back until then.
 *
 * Resolves once the beginning is durable. Rejects with a storage code, `consumer-failed`, or the reason of closing.
 */
export async function begin(run: ConsumerRun): Promise<void> {
  const { name, after, checkpoint } = run.parts;
  if (after !== "head" || checkpoint !== undefined) return;
  const { storage, queue } = run.source;
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
  await insist(run, () => queue.inOrder(write), run.closing, isTransient);
}
