import { equal, fails, ok } from "../../assert.ts";
import { numbered, numbersOf, range, take, type Case } from "../../context.ts";

export const lifecycleCases: readonly Case[] = [
  {
    name: "close commits the accepted appends before it ends",
    async run({ open }) {
      const store = await open();
      const appended = range(1, 50).map((n) => store.stream("a").append(numbered(1, n)));
      await store.close();
      const results = await Promise.all(appended);
      equal(
        results.map(({ position }) => position),
        range(1, 50),
        "positions",
      );
    },
  },
  {
    name: "everything about a closed store fails with store-closed, and closing again does nothing",
    async run({ open }) {
      const store = await open();
      const stream = store.stream("a");
      await stream.append(numbered(600));
      const reader = store.read();
      await take(reader, 1);
      const unbegun = stream.read();
      const list = store.streams();
      await Promise.all([store.close(), store.close()]);
      await store.close();
      const attempts: Readonly<Record<string, () => unknown>> = {
        stream: () => store.stream("a"),
        append: () => store.append([{ stream: "a", events: numbered(1) }]),
        "stream.append": () => stream.append(numbered(1)),
        read: () => store.read(),
        "stream.read": () => stream.read(),
        "a read begun": () => reader.toArray(),
        "a read not begun": () => unbegun.toArray(),
        watch: () => store.watch(),
        "stream.watch": () => stream.watch(),
        streams: () => store.streams(),
        "a list not begun": () => list.toArray(),
        head: () => store.head(),
        version: () => stream.version(),
        info: () => store.info(),
        saveSnapshot: () => stream.saveSnapshot({ projection: "p", version: 1, state: 1 }),
        loadSnapshot: () => stream.loadSnapshot("p"),
      };
      for (const [what, attempt] of Object.entries(attempts)) await fails(attempt, "store-closed", what);
    },
  },
  {
    name: "an append after close, in the same turn of the event loop, is refused",
    async run({ open }) {
      const store = await open();
      const accepted = store.stream("a").append(numbered(1));
      const stream = store.stream("a");
      const closing = store.close();
      await fails(stream.append(numbered(1, 2)), "store-closed", "append");
      equal((await accepted).version, 1, "version of the one before");
      await closing;
    },
  },
  {
    name: "two stores share nothing",
    async run({ open }) {
      const [one, other] = [await open(), await open()];
      await one.stream("a").append([...numbered(2), { type: "t", id: "same", data: 1 }]);
      await one.stream("a").saveSnapshot({ projection: "p", version: 1, state: 1 });
      equal([await other.head(), await other.stream("a").version()], [0, 0], "head and version of the other");
      equal(await other.stream("a").loadSnapshot("p"), undefined, "snapshot of the other");
      const watched = take(other.watch(), 1);
      await one.stream("a").append(numbered(1, 50));
      equal((await other.stream("a").append({ type: "t", id: "same", data: 2 })).position, 1, "position");
      equal((await watched)[0]?.data, 2, "watched");
      await other.close();
      equal(numbersOf(await one.read({ after: 3 }).toArray()), [50], "events of the one");
    },
  },
  {
    name: "info tells where events are kept and how durably",
    async run({ open }) {
      const info = await (await open()).info();
      ok(info.adapter.length > 0, "adapter should be named");
      ok(
        ["file", "memory", "opfs", "durable-object", "postgres"].includes(info.backend),
        `unknown backend: ${info.backend}`,
      );
      ok(["full", "normal", "output-gate", "none"].includes(info.durability), `unknown durability: ${info.durability}`);
      ok(["leader", "follower"].includes(info.role), `unknown role: ${info.role}`);
      ok(info.formatVersion >= 1, "formatVersion should be at least 1");
      if (info.backend === "memory") equal([info.persisted, info.durability], [false, "none"], "memory");
    },
  },
];
