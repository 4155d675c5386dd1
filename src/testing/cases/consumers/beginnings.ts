import { defineConsumer } from "../../../consumers/index.ts";
import type { ConsumerDefinition, Event } from "../../../index.ts";
import { equal, fails, ok } from "../../assert.ts";
import { numbered, range, runThrough, type Case } from "../../context.ts";

type Counted = Event<"counted", { n: number }>;

/** A consumer that begins at the head, and what it was given. */
function fromHead(): { readonly seen: number[]; readonly definition: ConsumerDefinition } {
  const seen: number[] = [];
  const handler = ({ data }: { readonly data: { n: number } }): void => void seen.push(data.n);
  return { seen, definition: defineConsumer<Counted>({ name: "new", after: "head", handler }) };
}

export const consumerBeginningCases: readonly Case[] = [
  {
    name: '"head" is the head at the call of consume, whenever the consumer is closed afterwards',
    async run({ open }) {
      for (const wait of [
        async () => undefined,
        async (consumer: { caughtUp(): Promise<unknown> }) => consumer.caughtUp(),
        async (consumer: { lag(): Promise<unknown> }) => consumer.lag(),
      ]) {
        const { seen, definition } = fromHead();
        const store = await open();
        await store.stream("a").append(numbered(5));
        const first = store.consume(definition);
        await wait(first);
        await first.close();
        await store.stream("a").append(numbered(2, 6));
        equal(await runThrough(store, definition), 7, "position");
        equal(seen, [6, 7], "events");
      }
    },
  },
  {
    name: "events appended before the call of consume are skipped, and no later ones, also if none is committed yet",
    async run({ open }) {
      const { seen, definition } = fromHead();
      const store = await open();
      const appended = range(1, 10).map((n) => store.stream("a").append(numbered(1, n)));
      const consumer = store.consume(definition);
      appended.push(...range(11, 20).map((n) => store.stream("a").append(numbered(1, n))));
      await Promise.all(appended);
      equal(await consumer.caughtUp(), 20, "position");
      equal(seen, range(11, 20), "events");
      await consumer.close();
    },
  },
  {
    name: "of several stores that begin one consumer at the head, the first sets the checkpoint",
    needs: "alongside",
    async run({ open, alongside }) {
      const { seen, definition } = fromHead();
      const one = await open();
      const other = await alongside(one);
      await one.stream("a").append(numbered(3));
      const first = one.consume(definition);
      await first.lag();
      await other.stream("a").append(numbered(1, 4));
      const second = other.consume(definition);
      await Promise.all([first.caughtUp(), second.caughtUp()]);
      await first.close();
      await one.stream("a").append(numbered(1, 5));
      equal(await second.caughtUp(5), 5, "position");
      equal(seen, [4, 5], "events");
    },
  },
  {
    name: "a consumer in an empty store begins with the first event, and one that has begun keeps its checkpoint",
    async run({ open }) {
      const { seen, definition } = fromHead();
      const store = await open();
      equal(await runThrough(store, definition), 0, "position in an empty store");
      await store.stream("a").append(numbered(2));
      equal(await runThrough(store, definition), 2, "position");
      equal(seen, [1, 2], "events");
    },
  },
  {
    name: "a consumer cannot begin beyond the head",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(2));
      const consumer = store.consume(defineConsumer({ name: "beyond", after: 3, handler: () => undefined }));
      for (const ask of [() => consumer.ended, () => consumer.caughtUp(), () => consumer.lag()]) {
        const { message } = await fails(ask(), "invalid-argument", "beyond the head");
        ok(message.includes("3") && message.includes("2"), `it should tell both numbers: ${message}`);
      }
    },
  },
];
