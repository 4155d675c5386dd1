import { invalidArgument } from "../errors.ts";
import { createUuidv7 } from "../events/ids.ts";
import { refuseAborted, type AbortSignalLike } from "../platform.ts";
import { ownerOf } from "../storage/consumer-rules.ts";
import type { ConsumerMove, ConsumerSummary, EventStorage, Fence, ParkedRecord } from "../storage/protocol.ts";
import { differs } from "./begin-copy.ts";

/** The lease under which a copy writes. A later copy takes it from an earlier one. */
const LEASE = "copy";

const PAGE = 500;

/** Copies checkpoints and parked events up to a position; resolves with the number of parked events. */
export async function copyConsumers(
  consumers: readonly ConsumerSummary[],
  source: EventStorage,
  target: EventStorage,
  head: number,
  signal: AbortSignalLike | undefined,
): Promise<number> {
  if (consumers.length === 0) return 0;
  const fence = await takeLease(target);
  let count = 0;
  for (const { name, checkpoint } of consumers) {
    refuseAborted(signal);
    await moveCheckpoint(target, fence, name, checkpoint);
    const [wanted, found] = [await parkedBy(source, name), await parkedBy(target, name)];
    for (const [position, { message, attempts, timestamp }] of wanted) {
      // One of an event that came since belongs to the next copy.
      if (position > head) continue;
      await move(target, { name, fence, park: { position, message, attempts, timestamp } });
      count += 1;
    }
    for (const position of found.keys())
      if (!wanted.has(position)) await move(target, { name, fence, unpark: position });
  }
  await target.leases.releaseLease(fence);
  return count;
}

async function takeLease({ leases }: EventStorage): Promise<Fence> {
  const now = Date.now();
  const holder = createUuidv7(() => now)();
  const outcome = await leases.acquireLease({ name: LEASE, holder, now, duration: 60_000, force: true });
  if (!outcome.held) throw differs("another copy into it is running");
  return { lease: LEASE, token: outcome.token };
}

async function moveCheckpoint(target: EventStorage, fence: Fence, name: string, to: number | null): Promise<void> {
  const from = await target.consumers.loadCheckpoint(name);
  if (to === null || from === to) return;
  if (from !== null && from > to) {
    throw invalidArgument(
      "target",
      `consumer "${name}" has gone further in the target than in the source: it runs there`,
    );
  }
  await move(target, { name, fence, checkpoint: { from, to } });
}

async function move({ consumers }: EventStorage, step: ConsumerMove): Promise<void> {
  const { outcome } = await consumers.moveConsumer(step);
  if (outcome !== "done") throw differs(`consumer "${step.name}" runs there, or another copy does`);
}

/** The parked events of a consumer, by position. */
async function parkedBy({ consumers }: EventStorage, name: string): Promise<ReadonlyMap<number, ParkedRecord>> {
  const found = new Map<number, ParkedRecord>();
  for (let after = 0; ;) {
    const page = await consumers.listConsumerParked({ owner: ownerOf(name), after, limit: PAGE });
    for (const record of page) found.set(record.position, record);
    if (page.length < PAGE) return found;
    after = page.at(-1)?.position ?? after;
  }
}
