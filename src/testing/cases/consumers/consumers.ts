import { defineConsumer } from "../../../consumers/index.ts";
import type { Event } from "../../../index.ts";
import { equal, fails } from "../../assert.ts";
import { numbered, range, runThrough, type Case } from "../../context.ts";

type Counted = Event<"counted", { n: number }>;

export const consumerCases: readonly Case[] = [
  {
    name: "a consumer gets every event once, in order, history first and then live, and tells its position",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(250));
      const seen: number[] = [];
      const positions: number[] = [];
      const consumer = store.consume(
        defineConsumer<Counted>({
          name: "all",
          batchSize: 100,
          handler({ data }, { position, attempt }) {
            seen.push(data.n);
            positions.push(position);
            equal(attempt, 1, "attempt");
          },
        }),
      );
      equal(consumer.status, "waiting", "status at the start");
      equal(await consumer.caughtUp(), 250, "position");
      await store.stream("b").append(numbered(3, 251));
      equal([await consumer.caughtUp(), await consumer.lag(), consumer.status], [253, 0, "active"], "live");
      equal(seen, range(1, 253), "events");
      equal(positions, range(1, 253), "positions to keep");
      await consumer.close();
      equal([consumer.status, consumer.error], ["stopped", undefined], "closed");
      await consumer.ended;
      await fails(consumer.caughtUp(), "store-closed", "once it is closed");
    },
  },
  {
    name: "a consumer continues where the previous one of its name stopped, whatever those of other names do",
    async run({ open }) {
      const store = await open();
      const seen: string[] = [];
      const define = (name: string) =>
        defineConsumer<Counted>({ name, handler: ({ data }) => void seen.push(`${name} ${data.n}`) });
      for (const first of [1, 3]) {
        await store.stream("a").append(numbered(2, first));
        await runThrough(store, define("one"));
      }
      await runThrough(store, define("other"));
      equal(seen, ["one 1", "one 2", "one 3", "one 4", "other 1", "other 2", "other 3", "other 4"], "calls");
    },
  },
  {
    name: "a consumer's checkpoint outlives the store",
    needs: "reopen",
    async run({ open, reopen }) {
      const seen: number[] = [];
      const all = defineConsumer<Counted>({ name: "all", handler: ({ data }) => void seen.push(data.n) });
      let store = await open();
      for (const first of [1, 4, 7]) {
        await store.stream("a").append(numbered(3, first));
        await store.consume(all).caughtUp();
        await store.close();
        store = await reopen(store);
      }
      equal(seen, range(1, 9), "events");
    },
  },
  {
    name: "a consumer gets the events that its filter selects, and its position moves past the rest",
    async run({ open }) {
      const store = await open();
      const seen: number[] = [];
      const even = defineConsumer<Counted>({
        name: "even",
        streams: ["even"],
        types: ["counted"],
        handler: ({ data }) => void seen.push(data.n),
      });
      const consumer = store.consume(even);
      for (const n of range(1, 20)) await store.stream(n % 2 === 0 ? "even" : "odd").append(numbered(1, n));
      await store.stream("even").append({ type: "other" });
      equal([await consumer.caughtUp(), await consumer.lag()], [21, 0], "position and lag");
      await consumer.close();
      equal(await runThrough(store, even), 21, "where it stands");
      equal(
        seen,
        range(1, 10).map((n) => 2 * n),
        "events",
      );
    },
  },
  {
    name: "events appended by a handler carry the handled event as their cause, and are stored once if it runs again",
    async run({ open }) {
      const store = await open();
      await store.stream("orders").append({ type: "ordered", id: "o-1", metadata: { correlationId: "visit" } });
      await store.stream("orders").append({ type: "ordered", id: "o-2" });
      let crashed = false;
      const kept: unknown[] = [];
      const invoices = defineConsumer({
        name: "invoices",
        types: ["ordered"],
        retry: { delay: 1 },
        async handler({ id }, { append }) {
          await append([{ stream: "invoices", events: { type: "invoiced", id: `invoice for ${id}`, data: id } }]);
          kept.push(append);
          if (crashed) return;
          crashed = true;
          throw new Error("after it has appended");
        },
      });
      await runThrough(store, invoices);
      const found = await store.stream("invoices").read().toArray();
      equal(
        found.map(({ data, metadata: { causationId, correlationId } }) => [data, causationId, correlationId]),
        [
          ["o-1", "o-1", "visit"],
          ["o-2", "o-2", "o-2"],
        ],
        "invoices",
      );
      const late = kept[0] as (entries: object[]) => Promise<unknown>;
      await fails(late([{ stream: "late", events: { type: "late" } }]), "invalid-argument", "once the call is over");
      const said: unknown[] = [];
      const batches = defineConsumer({
        name: "batches",
        streams: ["orders"],
        async batchHandler([first], { append }) {
          const entries = [{ stream: "seen", events: { type: "seen" } }];
          said.push((await fails(append(entries), "invalid-argument", "no cause")).details);
          await append(entries, { causedBy: first });
        },
      });
      await runThrough(store, batches);
      equal(said, [{ argument: "causedBy" }], "details");
      const [seen] = await store.stream("seen").read().toArray();
      equal(seen?.metadata, { causationId: "o-1", correlationId: "visit" }, "the cause that was said");
    },
  },
  {
    name: "a new consumer begins after a position or at the head, and keeps that beginning",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(5));
      const seen: string[] = [];
      const define = (after: number | "head") =>
        defineConsumer<Counted>({
          name: `after ${after}`,
          after,
          handler: ({ data }) => void seen.push(`${after} ${data.n}`),
        });
      for (const after of [3, "head"] as const) {
        await runThrough(store, define(after), 5);
      }
      await store.stream("a").append(numbered(1, 6));
      for (const after of [3, "head"] as const) {
        await runThrough(store, define(after), 6);
      }
      equal(seen, ["3 4", "3 5", "3 6", "head 6"], "calls");
    },
  },
];
