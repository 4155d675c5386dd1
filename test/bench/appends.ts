import type { EventStore } from "rivulet";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { compare } from "./harness.ts";
import { appendBatch, openPair, times, warmUp, type Pair } from "./pair.ts";
import { appendConcurrently, appendOneByOne } from "./append-loops.ts";
import { PAYLOADS } from "./payload.ts";
import { createRawChecks, setRawIds } from "./raw-writes.ts";
import { comparisonRow, type Row } from "./row.ts";

/** Appends, beside the same transactions by hand. */
export async function* benchAppends(folder: string): AsyncGenerator<Row> {
  for (const durability of ["full", "normal"] as const) {
    const pair = await openPair(join(folder, durability), durability);
    await warmUp(pair);
    const count = durability === "full" ? 100 : 500;
    yield comparisonRow(
      await compare(
        `one awaited append, ${durability.toUpperCase()}`,
        { run: () => appendOneByOne(pair.store, count) },
        { run: () => times(count, () => pair.write(1)) },
        { against: "BEGIN IMMEDIATE, prepared INSERT, COMMIT", goal: 0.95, blocks: 60 },
      ),
    );
    if (durability === "full") yield* benchGroups(pair);
    else yield* benchRefusals(pair);
    await pair.close();
  }
}

async function* benchGroups({ store, write }: Pair): AsyncGenerator<Row> {
  for (const size of [8, 64, 512]) {
    const rounds = Math.max(4, Math.floor(1024 / size));
    yield comparisonRow(
      await compare(
        `${size} concurrent appends, FULL`,
        { run: () => appendConcurrently(store, size, rounds) },
        { run: () => times(rounds, () => write(size)) * size },
        { against: `one raw transaction of ${size}`, goal: 0.8 },
      ),
    );
  }
  yield comparisonRow(
    await compare(
      "512 concurrent appends, FULL",
      { run: () => appendConcurrently(store, 512, 4) },
      { run: () => times(50, () => write(1)) },
      { against: "raw, one at a time", goal: 15 },
    ),
  );
  // The limit of the row before: on a disk whose flush takes little, no store can reach its aim.
  yield comparisonRow(
    await compare(
      "one raw transaction of 512, FULL",
      { run: () => times(4, () => write(512)) * 512 },
      { run: () => times(50, () => write(1)) },
      { against: "raw, one at a time" },
    ),
  );
  yield comparisonRow(
    await compare(
      "batches of 1,000, FULL",
      { run: () => appendBatches(store, 4) },
      { run: () => times(4, () => write(1000)) * 1000 },
      { against: "a raw loop in one transaction", goal: 0.85 },
    ),
  );
}

/** Appends that write nothing, beside the same look-ups by hand. */
async function* benchRefusals({ store, raw }: Pair): AsyncGenerator<Row> {
  const stream = store.stream("one");
  const events = Array.from({ length: 200 }, (_, index) => ({
    type: "happened",
    id: randomUUID(),
    data: PAYLOADS[index],
  }));
  await stream.append(events);
  setRawIds(
    raw,
    events.map(({ id }) => id),
  );
  const byHand = createRawChecks(raw);

  yield comparisonRow(
    await compare(
      "an append that is a duplicate",
      {
        async run() {
          for (const event of events) await stream.append(event);
          return events.length;
        },
      },
      { run: () => times(events.length, (index) => byHand.duplicate(events[index]?.id as string)) },
      { against: "the same transaction by hand", goal: 0.6 },
    ),
  );
  const version = (await stream.version()) - 3;
  const rawVersion = byHand.version() - 3;
  yield comparisonRow(
    await compare(
      "an append that conflicts, 3 events unseen",
      {
        async run() {
          for (const data of PAYLOADS.slice(0, 200)) {
            await stream.append({ type: "happened", data }, { expectedVersion: version }).catch(() => undefined);
          }
          return 200;
        },
      },
      { run: () => times(200, () => byHand.conflict(rawVersion)) },
      { against: "the same transaction by hand", goal: 0.6 },
    ),
  );
}

async function appendBatches(store: EventStore, count: number): Promise<number> {
  for (let batch = 0; batch < count; batch++) await appendBatch(store);
  return count * PAYLOADS.length;
}
