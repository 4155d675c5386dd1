import type { EventStoreError, ExpectedVersion } from "../../../index.ts";
import { equal, fails, ok } from "../../assert.ts";
import { numbered, numbersOf, range, type Case } from "../../context.ts";

export const versionCases: readonly Case[] = [
  {
    name: "each kind of expected version accepts what it says, and nothing else",
    async run({ open }) {
      const store = await open();
      await store.stream("there").append(numbered(3));
      const table: readonly (readonly [string, ExpectedVersion, boolean])[] = [
        ["none-1", "any", true],
        ["none-2", "no-stream", true],
        ["none-3", 0, true],
        ["none-4", "stream-exists", false],
        ["none-4", 1, false],
        ["there", "no-stream", false],
        ["there", 0, false],
        ["there", 2, false],
        ["there", 4, false],
        ["there", 3, true],
        ["there", "any", true],
        ["there", "stream-exists", true],
      ];
      for (const [stream, expectedVersion, passes] of table) {
        const what = `${stream} expecting ${expectedVersion}`;
        const before = [await store.stream(stream).version(), await store.head()] as const;
        const attempt = store.stream(stream).append(numbered(2), { expectedVersion });
        if (passes) equal((await attempt).version, before[0] + 2, what);
        else {
          const { details } = await fails(attempt, "version-conflict", what);
          equal([details.stream, details.expected, details.actual], [stream, expectedVersion, before[0]], what);
          equal([await store.stream(stream).version(), await store.head()], before, `${what}: nothing written`);
        }
      }
    },
  },
  {
    name: "a conflict carries the events that the caller had not seen, so that a retry needs no read",
    async run({ open }) {
      const store = await open();
      const stream = store.stream("a");
      await stream.append(numbered(2));
      await store.stream("other").append(numbered(5));
      await stream.append(numbered(3, 3));
      const { details } = await fails(stream.append(numbered(1), { expectedVersion: 2 }), "version-conflict", "stale");
      equal([details.actual, details.complete], [5, true], "actual and complete");
      equal(details.events, await stream.read({ after: 2 }).toArray(), "events");
      const retried = await stream.append(numbered(1), { expectedVersion: details.events.at(-1)?.version });
      equal(retried.version, 6, "version of the retry");
    },
  },
  {
    name: "a conflict carries at most the first 100 unseen events, and says that there are more",
    async run({ open }) {
      const store = await open();
      const stream = store.stream("a");
      await stream.append(numbered(101));
      const most = await fails(stream.append(numbered(1), { expectedVersion: 1 }), "version-conflict", "100 unseen");
      equal([numbersOf(most.details.events), most.details.complete], [range(2, 101), true], "100 unseen");
      const more = await fails(
        stream.append(numbered(1), { expectedVersion: "no-stream" }),
        "version-conflict",
        "101 unseen",
      );
      equal([numbersOf(more.details.events), more.details.complete], [range(1, 100), false], "101 unseen");
    },
  },
  {
    name: "a conflict over a version that is too high has no unseen events",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(1));
      for (const [name, expectedVersion] of [
        ["a", 2],
        ["b", 1],
        ["b", "stream-exists"],
      ] as const) {
        const attempt = store.stream(name).append(numbered(1), { expectedVersion });
        const { details } = await fails(attempt, "version-conflict", `${name} expecting ${expectedVersion}`);
        equal([details.events, details.complete], [[], true], "events and complete");
      }
    },
  },
  {
    name: "of concurrent appends that expect the same version, exactly one succeeds",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(1));
      const attempts = range(1, 20).map((n) => store.stream("a").append(numbered(1, n), { expectedVersion: 1 }));
      const settled = await Promise.allSettled(attempts);
      const refused = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as EventStoreError] : []));
      equal(refused.length, 19, "refused");
      ok(
        refused.every((error) => error.code === "version-conflict"),
        "they should all be version conflicts",
      );
      equal(settled[0]?.status, "fulfilled", "the first call");
      equal(await store.stream("a").version(), 2, "version");
    },
  },
  {
    name: "a refused append leaves no gap in positions and versions",
    async run({ open }) {
      const store = await open();
      await Promise.allSettled(
        range(1, 10).map((n) =>
          store.stream("a").append(numbered(2, n * 2 - 1), { expectedVersion: n % 3 === 0 ? 0 : "any" }),
        ),
      );
      const events = await store.read().toArray();
      equal(
        events.map(({ position, version }) => [position, version]),
        range(1, 14).map((n) => [n, n]),
        "positions and versions",
      );
    },
  },
];
