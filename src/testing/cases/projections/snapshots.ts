import { defineDecider } from "../../../deciders/index.ts";
import type { Projection } from "../../../index.ts";
import { defineProjection } from "../../../projections/index.ts";
import { equal, fails } from "../../assert.ts";
import { numbered, type Case } from "../../context.ts";
import { fixedClock } from "../../fixed-clock.ts";

export const snapshotCases: readonly Case[] = [
  {
    name: "the newest snapshot of a projection is loaded, or the newest up to a version",
    async run({ open }) {
      const clock = fixedClock(5_000);
      const store = await open({ clock });
      const stream = store.stream("a");
      await stream.append(numbered(10));
      await stream.saveSnapshot({ projection: "sum", version: 4, state: { sum: 10 } });
      clock.set(4_000);
      await stream.saveSnapshot({ projection: "sum", version: 8, state: { sum: 36 } });
      await stream.saveSnapshot({ projection: "sum", version: 2, state: { sum: 3 } });
      const at8 = { projection: "sum", schema: 1, version: 8, state: { sum: 36 }, timestamp: 4_000 };
      equal(await stream.loadSnapshot("sum"), at8, "the newest");
      equal(await stream.loadSnapshot("sum", { upTo: 8 }), at8, "up to 8");
      equal((await stream.loadSnapshot("sum", { upTo: 7 }))?.version, 4, "up to 7");
      equal((await stream.loadSnapshot("sum", { upTo: 7 }))?.timestamp, 5_000, "time of it");
      equal(await stream.loadSnapshot("sum", { upTo: 1 }), undefined, "up to 1");
      equal(await stream.loadSnapshot("sum", { upTo: 0 }), undefined, "up to 0");
    },
  },
  {
    name: "snapshots of several streams, projections and schemas are kept apart",
    async run({ open }) {
      const store = await open();
      for (const name of ["a", "b"]) {
        const stream = store.stream(name);
        await stream.append(numbered(3));
        for (const projection of ["sum", "Sum"]) {
          for (const schema of [1, 2]) {
            await stream.saveSnapshot({ projection, schema, version: 3 - schema, state: [name, projection, schema] });
          }
        }
      }
      for (const name of ["a", "b"]) {
        for (const projection of ["sum", "Sum"]) {
          for (const schema of [1, 2]) {
            const found = await store.stream(name).loadSnapshot(projection, { schema });
            equal([found?.state, found?.schema], [[name, projection, schema], schema], "state and schema");
          }
          equal(await store.stream(name).loadSnapshot(projection, { schema: 3 }), undefined, "schema 3");
        }
      }
      equal(await store.stream("a").loadSnapshot("none"), undefined, "a projection without snapshots");
      equal(await store.stream("none").loadSnapshot("sum"), undefined, "a stream that is not there");
    },
  },
  {
    name: "a projection and a decider of one name have snapshots of their own, found by their definition, of its schema",
    async run({ open }) {
      const store = await open();
      const stream = store.stream("a");
      const { events } = await stream.append(numbered(3));
      // The longest name: that of a decider's snapshots is longer.
      const name = "n".repeat(255);
      const named = { name, initial: () => 0, snapshots: { every: 1 } };
      const projections = [1, 2].map((schema) =>
        defineProjection<number>({ ...named, schema, on: { [events[0]?.type ?? ""]: (sum) => sum + schema } }),
      );
      const deciders = [1, 2].map((schema) =>
        defineDecider<number, number>({ ...named, schema, evolve: (sum) => sum + 10 * schema, decide: () => [] }),
      );
      for (const projection of projections) await stream.load(projection);
      for (const decider of deciders) await stream.execute(decider, 0);
      for (const [index, definition] of [...projections, ...deciders].entries()) {
        const found = await stream.loadSnapshot(definition);
        const schema = 1 + (index % 2);
        const expected = { projection: index < 2 ? name : `decider/${name}`, schema, version: 3 };
        equal(found, { ...expected, state: [3, 6, 30, 60][index], timestamp: found?.timestamp }, `definition ${index}`);
        await stream.saveSnapshot({ projection: definition, version: 2, state: index });
        equal((await stream.loadSnapshot(definition, { upTo: 2 }))?.state, index, `saved for definition ${index}`);
      }
      // A live projection of selected events keeps its snapshots under the filter, too.
      const live = store.project(projections[0] as Projection<number>, { streams: ["a", "s".repeat(255)] });
      equal((await live.caughtUp()).state, 3, "of selected streams");
      live.close();
      const unnamed = { ...projections[0], _rivulet: {} } as unknown as Projection<number>;
      await fails(stream.loadSnapshot(unnamed), "invalid-argument", "what is no definition");
    },
  },
  {
    name: "saving a snapshot moves no version, no position and no list of streams",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(2));
      await store.stream("a").saveSnapshot({ projection: "sum", version: 2, state: 3 });
      equal([await store.head(), await store.stream("a").version()], [2, 2], "head and version");
      equal(await store.streams().toArray(), [{ name: "a", version: 2 }], "streams");
      equal((await store.stream("a").append(numbered(1), { expectedVersion: 2 })).version, 3, "next version");
    },
  },
  {
    name: "a snapshot saved again at the same version replaces the first",
    async run({ open }) {
      const store = await open();
      const stream = store.stream("a");
      await stream.append(numbered(2));
      for (const state of ["first", "second", null]) await stream.saveSnapshot({ projection: "p", version: 2, state });
      equal((await stream.loadSnapshot("p"))?.state, null, "state");
    },
  },
  {
    name: "a snapshot beyond the head of its stream is refused",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(2));
      await store.stream("b").append(numbered(5));
      for (const [name, version] of [
        ["a", 3],
        ["none", 1],
      ] as const) {
        const saving = store.stream(name).saveSnapshot({ projection: "p", version, state: 1 });
        const error = await fails(saving, "invalid-argument", `version ${version} of ${name}`);
        equal(error.details.argument, "version", "argument");
        equal(await store.stream(name).loadSnapshot("p"), undefined, "nothing saved");
      }
    },
  },
  {
    name: "a snapshot's state that JSON cannot represent is refused with its path",
    async run({ open }) {
      const store = await open();
      const stream = store.stream("a");
      await stream.append(numbered(1));
      for (const [state, path] of [
        [undefined, "state"],
        [{ seen: new Set() }, "state.seen"],
        [[1n], "state[0]"],
      ] as const) {
        const saving = stream.saveSnapshot({ projection: "p", version: 1, state });
        equal((await fails(saving, "invalid-argument", path)).details.argument, path, "argument");
      }
      equal(await stream.loadSnapshot("p"), undefined, "nothing saved");
    },
  },
];
