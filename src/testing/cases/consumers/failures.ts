import { defineConsumer } from "../../../consumers/index.ts";
import type { Event, NewEvent } from "../../../index.ts";
import { equal, fails, ok } from "../../assert.ts";
import { numbered, range, runThrough, type Case } from "../../context.ts";
import { fixedClock } from "../../fixed-clock.ts";

type Counted = Event<"counted", { n: number }>;

/** Fast enough for a test, and often enough to see that it is more than once. */
const retry = { attempts: 3, delay: 1 };

export const consumerFailureCases: readonly Case[] = [
  {
    name: "a handler that fails is called again; an event that keeps failing is parked, listed, and retried on request",
    async run({ open }) {
      const store = await open({ clock: fixedClock(1_000) });
      await store.stream("a").append(identified(6));
      const calls: string[] = [];
      let repaired = false;
      const consumer = store.consume(
        defineConsumer<Counted>({
          name: "fussy",
          retry,
          onError: "park",
          handler({ data: { n } }, { attempt }) {
            calls.push(`${n}, try ${attempt}`);
            if (n === 2 && attempt < 3) throw new Error("once more");
            if (n === 4 && !repaired) return Promise.reject(new Error(`no ${attempt}`));
            return undefined;
          },
        }),
      );
      await consumer.caughtUp();
      const fussy = ["2, try 1", "2, try 2", "2, try 3", "3, try 1", "4, try 1", "4, try 2", "4, try 3"];
      equal(calls, ["1, try 1", ...fussy, "5, try 1", "6, try 1"], "calls");
      const parked = { position: 4, eventId: "e-4", type: "counted", message: "no 3", attempts: 3, timestamp: 1_000 };
      equal(await consumer.parked(), [parked], "parked");
      calls.length = 0;
      equal(await consumer.retryParked(), [{ ...parked, message: "no 4", attempts: 4 }], "parked again");
      repaired = true;
      equal(await consumer.retryParked(), [], "parked at last");
      equal([await consumer.parked(), calls], [[], ["4, try 4", "4, try 5"]], "parked, and calls");
      equal(consumer.position, 6, "position");
    },
  },
  {
    name: "a consumer that does not park stops at the event that fails, and starts there again",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(identified(5));
      const seen: number[] = [];
      let broken = true;
      const strict = defineConsumer<Counted>({
        name: "strict",
        retry,
        handler({ data: { n } }) {
          seen.push(n);
          if (n === 3 && broken) throw new Error("no");
        },
      });
      const consumer = store.consume(strict);
      const error = await fails(consumer.ended, "consumer-failed", "at the third");
      equal(error.details, { name: "strict", attempts: 3, position: 3, eventId: "e-3" }, "details");
      ok(error.cause instanceof Error && error.message.endsWith(": no"), `cause and message: ${error.message}`);
      equal([consumer.status, consumer.error === error, consumer.position], ["stopped", true, 2], "stopped");
      await fails(consumer.caughtUp(5), "consumer-failed", "caught up");
      await fails(consumer.retryParked(), "consumer-failed", "retry");
      broken = false;
      await runThrough(store, strict);
      equal(seen, [1, 2, 3, 3, 3, 3, 4, 5], "calls");
    },
  },
  {
    name: "onError decides what to do after each failure, and an invalid decision stops the consumer",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(3));
      const asked: string[] = [];
      let outage = 5;
      const consumer = store.consume(
        defineConsumer<Counted>({
          name: "choosy",
          retry,
          handler({ data: { n } }) {
            if (n === 1 && outage-- > 0) throw new Error("outage");
            if (n === 2) throw new Error("mistake");
          },
          onError({ error, event, attempt }) {
            asked.push(`${(error as Error).message} ${event?.position} ${attempt}`);
            return (error as Error).message === "outage" ? "retry" : "park";
          },
        }),
      );
      await consumer.caughtUp();
      equal(asked, [...range(1, 5).map((attempt) => `outage 1 ${attempt}`), "mistake 2 1"], "asked");
      equal(
        (await consumer.parked()).map(({ position }) => position),
        [2],
        "parked",
      );
      const none = { name: "none", onError: () => "later" as never, handler: () => Promise.reject(new Error("no")) };
      equal(
        (await fails(store.consume(defineConsumer(none)).ended, "invalid-argument", "no decision")).details,
        {
          argument: "onError",
        },
        "details",
      );
    },
  },
  {
    name: "a batch handler gets at most batchSize events, and one at a time after a batch has failed",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(10));
      const calls: number[][] = [];
      const kept: number[] = [];
      const consumer = store.consume(
        defineConsumer<Counted>({
          name: "batches",
          batchSize: 4,
          retry: { attempts: 2, delay: 1 },
          onError: "park",
          batchHandler(events, { position }) {
            calls.push(events.map(({ data }) => data.n));
            if (events.some(({ data }) => data.n === 6)) throw new Error("six");
            kept.push(position);
          },
        }),
      );
      await consumer.caughtUp();
      equal(calls, [[1, 2, 3, 4], [5, 6, 7, 8], [5], [6], [6], [7], [8], [9, 10]], "calls");
      equal(kept, [4, 5, 7, 8, 10], "positions");
      equal(
        (await consumer.parked()).map(({ position }) => position),
        [6],
        "parked",
      );
    },
  },
  {
    name: "a checkpoint kept outside the store is loaded and saved instead of the store's",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(7));
      const seen: number[] = [];
      const saved: number[] = [];
      const tokens: number[] = [];
      let failures = 2;
      const define = (name: string) =>
        defineConsumer<Counted>({
          name,
          batchSize: 3,
          retry,
          checkpoint: {
            load: () => saved.at(-1),
            save(position, { token }) {
              if (failures-- > 0) throw new Error("not now");
              saved.push(position);
              tokens.push(token);
            },
          },
          handler: ({ data }) => void seen.push(data.n),
        });
      const consumer = store.consume(define("mine"));
      await consumer.caughtUp();
      equal([saved, seen], [[3, 6, 7], range(1, 7)], "saved and seen");
      await consumer.close();
      await store.stream("a").append(numbered(1, 8));
      const again = store.consume(define("mine"));
      await again.caughtUp();
      equal([saved, seen], [[3, 6, 7, 8], range(1, 8)], "once more");
      ok((tokens[3] as number) > (tokens[0] as number), `tokens rise: ${tokens.join()}`);
      await again.close();
      failures = Infinity;
      await store.stream("a").append(numbered(1, 9));
      const error = await fails(store.consume(define("mine")).ended, "consumer-failed", "it cannot be saved");
      equal(error.details, { name: "mine", attempts: 3 }, "details");
      saved.push(100);
      const ahead = await fails(store.consume(define("mine")).ended, "invalid-argument", "ahead of the head");
      equal(ahead.details, { argument: "checkpoint" }, "details");
      saved.push(-1);
      await fails(store.consume(define("mine")).ended, "invalid-argument", "no position");
    },
  },
  {
    name: "a consumer calls its listeners for changes of its status, position and failing event",
    async run({ open }) {
      const store = await open();
      const told: string[] = [];
      let failed = false;
      const consumer = store.consume(
        defineConsumer<Counted>({
          name: "told",
          retry,
          handler() {
            if (failed) return;
            failed = true;
            throw new Error("once");
          },
        }),
      );
      const leave = consumer.subscribe(({ status, position, failing }) =>
        told.push(`${status} at ${position}${failing ? `, try ${failing.attempt} of ${failing.event?.position}` : ""}`),
      );
      await consumer.caughtUp();
      await store.stream("a").append(numbered(1));
      await consumer.caughtUp();
      leave();
      await consumer.close();
      equal(told, ["active at 0", "active at 0, try 1 of 1", "active at 0", "active at 1"], "told");
    },
  },
];

function identified(count: number): NewEvent[] {
  return range(1, count).map((n) => ({ type: "counted", id: `e-${n}`, data: { n } }));
}
