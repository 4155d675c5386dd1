import { join } from "node:path";
import { defineConsumer, type ConsumerParts } from "rivulet/consumers";
import type { Event } from "rivulet";
import { compare } from "./harness.ts";
import { openPair, warmUp } from "./pair.ts";
import { comparisonRow, type Row } from "./row.ts";

/** Consumers with an empty handler, which have all the history before them, beside a plain replay of it. */
export async function* benchConsumers(folder: string): AsyncGenerator<Row> {
  const pair = await openPair(join(folder, "consumers"), "full");
  await warmUp(pair, 40);
  const { store } = pair;
  const head = await store.head();
  let consumers = 0;

  const replay = {
    async run(): Promise<number> {
      let count = 0;
      for await (const event of store.read()) count += event.data === undefined ? 0 : 1;
      return count;
    },
  };
  const consume = (parts: Omit<ConsumerParts<Event>, "name">) => ({
    async run(): Promise<number> {
      // Each starts at the first event, with its own checkpoint.
      await using consumer = store.consume(defineConsumer({ ...parts, name: `consumer ${++consumers}` }));
      const reached = await consumer.caughtUp(head);
      return reached;
    },
  });
  const handler = async (): Promise<void> => undefined;
  for (const [what, goal, parts] of [
    ["a consumer, 1,000 events a checkpoint, FULL", 0.8, { handler, batchSize: 1_000 }],
    ["a consumer, 100 events a checkpoint, FULL", 0.6, { handler }],
    ["a consumer, 1,000 events a batch, FULL", undefined, { batchHandler: handler, batchSize: 1_000 }],
  ] as const) {
    const options = { against: "full replay, parsed", ...(goal !== undefined && { goal }) };
    yield comparisonRow(await compare(what, consume(parts), replay, options));
  }
  await pair.close();
}
