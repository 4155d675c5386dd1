import { equal, failureOf, fails } from "../../assert.ts";
import { handSignal } from "../../abort.ts";
import { numbered, range, type Case } from "../../context.ts";

export const streamListCases: readonly Case[] = [
  {
    name: "streams are listed with their versions, in the order of their first events",
    async run({ open }) {
      const store = await open();
      await store.stream("z").append(numbered(1));
      await store.append([
        { stream: "b", events: numbered(2) },
        { stream: "a", events: numbered(1) },
        { stream: "z", events: numbered(1) },
      ]);
      await fails(store.stream("never").append(numbered(1), { expectedVersion: 3 }), "version-conflict", "never");
      const listed = [
        { name: "z", version: 2 },
        { name: "b", version: 2 },
        { name: "a", version: 1 },
      ];
      equal(await store.streams().toArray(), listed, "streams");
      const iterated: unknown[] = [];
      for await (const stream of store.streams()) iterated.push(stream);
      equal(iterated, listed, "iterated");
    },
  },
  {
    name: "streams are listed by the exact start of their names",
    async run({ open }) {
      const store = await open();
      const names = [
        "order-1",
        "Order-1",
        "order",
        "orde",
        "ord%r",
        "ord_r",
        "😀a",
        "😀",
        "日本-1",
        "日",
        "o\ud7ff",
        "o\ue000-2",
        "o\u{10ffff}",
        "o\ue000-1",
      ];
      for (const name of names) await store.stream(name).append(numbered(1));
      for (const prefix of [
        "",
        "o",
        "order",
        "order-",
        "ord%",
        "ord_",
        "O",
        "😀",
        "日本",
        "日",
        "*",
        "$",
        "none",
        "o\ud7ff",
        "o\ue000",
        "o\u{10ffff}",
      ]) {
        const listed = (await store.streams({ prefix }).toArray()).map(({ name }) => name);
        equal(
          listed,
          names.filter((name) => name.startsWith(prefix)),
          `prefix ${JSON.stringify(prefix)}`,
        );
      }
    },
  },
  {
    name: "thousands of streams are all listed",
    async run({ open }) {
      const store = await open();
      await store.append(range(1, 2_100).map((n) => ({ stream: `s-${n}`, events: numbered(1) })));
      const names = (await store.streams().toArray()).map(({ name }) => name);
      equal(
        names,
        range(1, 2_100).map((n) => `s-${n}`),
        "names",
      );
      for (const prefix of ["s-2", "s-", "s-1", "s-2100", "s-3000"]) {
        const listed = (await store.streams({ prefix }).toArray()).map(({ name }) => name);
        equal(
          listed,
          names.filter((name) => name.startsWith(prefix)),
          `streams that start with ${prefix}`,
        );
      }
    },
  },
  {
    name: "a list of streams ends with its signal's reason when that is aborted",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(1));
      const signal = handSignal();
      signal.abort("enough");
      equal(await failureOf(store.streams({ signal }).toArray(), "it should have been aborted"), "enough", "reason");
    },
  },
];
