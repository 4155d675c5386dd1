import { defineConsumer } from "../../../consumers/index.ts";
import { defineDecider } from "../../../deciders/index.ts";
import type { OpenOptions } from "../../../index.ts";
import { equal, fails, ok } from "../../assert.ts";
import { runThrough, type Case } from "../../context.ts";

const LOWER = "0190a5f2-7c1e-7d3a-9b4f-00ff8899aabb";

/** Texts that a storage may be tempted to take for something else than they are. */
const ODD_IDS: readonly string[] = [
  LOWER,
  LOWER.toUpperCase(),
  LOWER.replaceAll("-", ""),
  `{${LOWER}}`,
  "00000000-0000-0000-0000-000000000000",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  "u0190a5f27c1e7d3a9b4f00ff8899aabb",
  "t0190a5f2",
  "7",
  "007",
  "7.0",
  "1e3",
  "null",
  " ",
  "\n\t\u0001\u007f",
  "$reserved only for names",
  "@all",
  "quote \" and ' and \\ and `",
  "ünïcödé 日本語 😀 \u2028 \ufeff",
  "é",
  "e\u0301",
  "x".repeat(255),
  "😀".repeat(127),
];

export const idCases: readonly Case[] = [
  {
    name: "an id of any text is returned as it was given, and found again",
    async run({ open }) {
      const store = await open();
      const events = ODD_IDS.map((id, index) => ({ type: "t", id, data: index }));
      const result = await store.stream("a").append(events);
      const ids = result.events.map((event) => event.id);
      equal(ids, ODD_IDS, "ids in the result");
      const read = await store.read().toArray();
      equal(
        read.map((event) => event.id),
        ODD_IDS,
        "ids read",
      );
      const again = await store.stream("a").append(events);
      equal(again.deduplicated, ODD_IDS.length, "deduplicated");
      equal(again.events, read, "events known again");
    },
  },
  {
    name: "ids that differ only by case are different ids",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append({ type: "t", id: LOWER, data: 1 });
      const upper = await store.stream("a").append({ type: "t", id: LOWER.toUpperCase(), data: 2 });
      equal(upper.deduplicated, 0, "deduplicated");
      const error = await fails(
        store.stream("a").append({ type: "t", id: LOWER.toUpperCase(), data: 1 }),
        "event-id-conflict",
        "data of the other",
      );
      equal(error.details, { id: LOWER.toUpperCase(), position: 2 }, "details");
    },
  },
  {
    name: "a newId that always gives the same id fails loudly, and stores nothing twice",
    async run({ open }) {
      let made = 0;
      const store = await open({ newId: () => (made++, "again") });
      await store.stream("a").append({ type: "t", data: 1 });
      for (const data of [1, 2]) {
        made = 0;
        const error = await fails(store.stream("a").append({ type: "t", data }), "event-id-conflict", `data ${data}`);
        equal(error.details, { id: "again", position: 1, drawn: true }, "details");
        ok(error.message.includes("newId"), `it should say who is at fault: ${error.message}`);
        equal(made, 10, "how often an id was made");
      }
      equal(await store.head(), 1, "head");
      equal((await store.stream("a").append({ type: "t", id: "other", data: 2 })).version, 2, "version");
      equal(
        (await store.stream("a").append({ type: "t", id: "again", data: 1 })).deduplicated,
        1,
        "given, it is known",
      );
    },
  },
  {
    name: "if newId repeats an id, another one is made: every event is stored, in whatever way it is appended",
    async run({ open }) {
      const ids = ["1", "1", "2", "2", "3", "3", "4", "5", "4", "4", "6"];
      const store = await open({ newId: () => ids.shift() ?? "used up", clock: () => 1_000 });
      const stream = store.stream("a");
      for (let count = 0; count < 2; count++) {
        equal((await stream.append({ type: "t", data: "same" })).deduplicated, 0, "one event");
      }
      const [first] = await store.append([
        { stream: "a", events: [{ type: "t", id: "1", data: "same" }, { type: "t" }] },
        { stream: "b", events: { type: "t", id: "given" } },
      ]);
      equal([first?.deduplicated, first?.events.map(({ id }) => id)], [1, ["1", "3"]], "what is given counts as known");
      const decider = defineDecider({ initial: () => 0, evolve: {}, decide: () => [{ type: "t" }, { type: "t" }] });
      const executed = await stream.execute(decider, undefined);
      equal([executed.repeated, executed.events.map(({ id }) => id)], [false, ["5", "4"]], "a command");
      await runThrough(
        store,
        defineConsumer({
          name: "echo",
          types: ["t"],
          after: 5,
          handler: async (_, { append }) => void (await append([{ stream: "c", events: { type: "echo" } }])),
        }),
        6,
      );
      const found = await store.read().toArray();
      equal(
        found.map(({ id }) => id),
        ["1", "2", "3", "given", "5", "4", "6"],
        "ids",
      );
    },
  },
  {
    name: "events of a second process whose newId starts again with the same ids do not count as stored",
    needs: "alongside",
    async run({ open, alongside }) {
      // One clock for both, and the same events: nothing but whose request it is tells them apart.
      const counter = (): OpenOptions => {
        let count = 0;
        return { newId: () => `id-${++count}`, clock: () => 1_000 };
      };
      const one = await open(counter());
      const other = await alongside(one, counter());
      const events = [
        { type: "t", data: 1 },
        { type: "t", data: 2 },
      ];
      await one.stream("a").append(events);
      const { deduplicated, events: stored } = await other.stream("a").append(events);
      equal([deduplicated, stored.map(({ id }) => id)], [0, ["id-3", "id-4"]], "appended alongside");
      equal(
        (await one.stream("a").append(events)).events.map(({ id }) => id),
        ["id-5", "id-6"],
        "appended after that",
      );
      equal(await one.head(), 6, "head");
    },
  },
];
