import { defineDecider } from "../../../deciders/index.ts";
import type { Event, EventStore, EventStream } from "../../../index.ts";
import { equal, failureOf, fails } from "../../assert.ts";
import { range, type Case } from "../../context.ts";

type TicketEvent = Event<"sold", { seat: number; by: string }>;

interface Buy {
  readonly by: string;
  readonly seats: number;
  /** Called while it is decided. */
  readonly onDecide?: () => void;
}

/** Sells the next seats of three; none at all where too few are left. */
const sale = defineDecider<number, Buy, TicketEvent>({
  initial: () => 0,
  evolve: { sold: (sold) => sold + 1 },
  decide({ by, seats, onDecide }, sold) {
    onDecide?.();
    if (sold + seats > 3) throw new Error("sold out");
    return range(sold + 1, sold + seats).map((seat) => ({ type: "sold", data: { seat, by } }));
  },
});

const show = (store: EventStore): EventStream<TicketEvent> => store.stream<TicketEvent>("show-1");

export const commandKeyCases: readonly Case[] = [
  {
    name: "a command with the same idempotency key is executed once and has the same result, whatever happened since",
    async run({ open }) {
      const store = await open();
      const first = await show(store).execute(sale, { by: "ada", seats: 2 }, { idempotencyKey: "order-1" });
      await show(store).execute(sale, { by: "bob", seats: 1 });
      const again = await show(store).execute(sale, { by: "ada", seats: 2 }, { idempotencyKey: "order-1" });
      equal([first.repeated, again.repeated], [false, true], "repeated");
      equal([again.version, again.position, again.state], [2, 2, 2], "version, position, state");
      equal(again.events, first.events, "events");
      equal(await store.head(), 3, "head");
      const state = await show(store)
        .execute(sale, { by: "eve", seats: 1 }, { idempotencyKey: "order-2" })
        .catch(String);
      equal(state, "Error: sold out", "another key");
    },
  },
  {
    name: "a key stands for one command of one stream",
    async run({ open }) {
      const store = await open();
      const keys = ["a", "b", '"', "a,0", "0", "ü", "😀", "x".repeat(1_000)];
      for (const stream of ["s", "s,a", "t"]) {
        for (const idempotencyKey of keys.slice(0, stream === "s" ? 3 : 2)) {
          await store.stream<TicketEvent>(stream).execute(sale, { by: "ada", seats: 1 }, { idempotencyKey });
        }
      }
      equal(await store.head(), 7, "head");
      for (const idempotencyKey of keys) {
        const stream = store.stream<TicketEvent>(`one of ${idempotencyKey.length}-${idempotencyKey.codePointAt(0)}`);
        for (const repeated of [false, true, true]) {
          const executed = await stream.execute(sale, { by: "ada", seats: 3 }, { idempotencyKey });
          equal([executed.repeated, executed.events.length], [repeated, 3], idempotencyKey);
        }
      }
    },
  },
  {
    name: "a command that wrote nothing under its key is decided again",
    async run({ open }) {
      const stream = show(await open());
      const key = { idempotencyKey: "order-1" };
      equal((await stream.execute(sale, { by: "ada", seats: 0 }, key)).events, [], "nothing");
      await failureOf(stream.execute(sale, { by: "ada", seats: 4 }, key), "it was not refused");
      const third = await stream.execute(sale, { by: "ada", seats: 2 }, key);
      equal([third.repeated, third.events.length], [false, 2], "decided");
      equal((await stream.execute(sale, { by: "ada", seats: 0 }, key)).events, third.events, "the same from then on");
    },
  },
  {
    name: "concurrent commands of one key, among others, are executed once",
    async run({ open }) {
      const store = await open();
      const executing = range(1, 6).map((n) =>
        show(store).execute(sale, { by: `${n}`, seats: 1 }, { idempotencyKey: `order-${n % 3}` }),
      );
      const all = await Promise.all(executing);
      equal(
        all.map(({ events, repeated }) => [events[0]?.data.by, repeated]),
        [
          ["1", false],
          ["2", false],
          ["3", false],
          ["1", true],
          ["2", true],
          ["3", true],
        ],
        "who",
      );
      equal(await show(store).version(), 3, "version");
    },
  },
  {
    name: "a command whose key another store has used first has that command's result",
    needs: "alongside",
    async run({ open, alongside }) {
      const store = await open();
      const other = await alongside(store);
      for (const seats of [1, 2, 3]) {
        for (const others of [1, 2, 3]) {
          const stream = `show-${seats}-${others}`;
          const key = { idempotencyKey: "order-1" };
          const buy = (from: EventStore, by: string, count: number) =>
            from.stream<TicketEvent>(stream).execute(sale, { by, seats: count }, key);
          const [one, two] = await Promise.all([buy(store, "ada", seats), buy(other, "ada", others)]);
          equal(one.events, two.events, "the same events");
          equal([one.state, one.version], [two.state, two.version], "the same state");
          equal(one.events, await store.stream(stream).read().toArray(), "once");
        }
      }
    },
  },
  {
    name: "an event's own id beside an idempotency key is refused, and without one it makes the command known",
    async run({ open }) {
      const stream = (await open()).stream<TicketEvent>("show-1");
      const own = defineDecider<number, string, TicketEvent>({
        initial: () => 0,
        evolve: { sold: (sold) => sold + 1 },
        decide: (id) => ({ type: "sold", id, data: { seat: 1, by: "ada" } }),
      });
      const error = await fails(stream.execute(own, "1", { idempotencyKey: "order-1" }), "invalid-event", "both");
      equal(error.details.path, "events[0].id", "path");
      await stream.execute(own, "1");
      await stream.execute(own, "2");
      const again = await stream.execute(own, "1");
      equal([again.repeated, again.version, again.state], [true, 1, 1], "again");
      equal(await stream.version(), 2, "version");
    },
  },
];
