import { memory } from "rivulet";
import type { Adapter, AppendOutcome, AppendRequest } from "rivulet/adapter";

/** A batch that has reached the storage and waits for permission. */
interface HeldBatch {
  readonly requests: readonly AppendRequest[];
  /** Lets the batch through; resolves when its outcomes are on their way back. */
  release(): Promise<void>;
}

/** A storage in memory that holds back each append until the test lets it through. */
export interface GatedAdapter extends Adapter {
  readonly held: HeldBatch[];
}

export function gatedMemory(): GatedAdapter {
  const held: HeldBatch[] = [];
  return {
    name: "gated",
    held,
    async open() {
      const { storage } = await memory().open();
      const append = (requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]> =>
        new Promise((resolve, reject) => {
          const release = async (): Promise<void> => {
            const outcomes = storage.append(requests);
            outcomes.then(resolve, reject);
            await outcomes;
          };
          held.push({ requests, release });
        });
      return { storage: { ...storage, append }, verbs: {} };
    },
  };
}
