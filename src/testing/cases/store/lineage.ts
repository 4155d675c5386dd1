import { defineConsumer, type ConsumerCheckpoint, type LoadedCheckpoint } from "../../../consumers/index.ts";
import type { ConsumerDefinition, Event, EventStore } from "../../../index.ts";
import { fork } from "../../../time-travel/index.ts";
import { equal, fails, ok } from "../../assert.ts";
import { numbered, range, runThrough, type Case } from "../../context.ts";

type Counted = Event<"counted", { n: number }>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A consumer of every third event that keeps its checkpoint elsewhere, and what it was given. */
function elsewhere(kept?: LoadedCheckpoint): {
  readonly seen: number[];
  readonly saved: ConsumerCheckpoint[];
  readonly told: ConsumerCheckpoint[];
  readonly definition: ConsumerDefinition;
} {
  const seen: number[] = [];
  const saved: ConsumerCheckpoint[] = [];
  const told: ConsumerCheckpoint[] = [];
  const definition = defineConsumer<Counted>({
    name: "elsewhere",
    streams: ["third"],
    batchSize: 2,
    retry: { attempts: 1 },
    checkpoint: {
      load: () => saved.at(-1) ?? kept,
      save(position, { checkpoint }) {
        equal(checkpoint.position, position, "the position that is saved");
        saved.push(checkpoint);
      },
    },
    handler({ data }, { checkpoint, position }) {
      equal(checkpoint.position, position, "the position that is told");
      seen.push(data.n);
      told.push(checkpoint);
    },
  });
  return { seen, saved, told, definition };
}

async function fill(store: EventStore, first: number, last: number): Promise<void> {
  for (const n of range(first, last)) await store.stream(n % 3 === 0 ? "third" : "other").append(numbered(1, n));
}

export const lineageCases: readonly Case[] = [
  {
    name: "every store has a lineage of its own, also a fork of it",
    async run({ open }) {
      const one = await open();
      const other = await open();
      await one.stream("a").append(numbered(2));
      const copy = await fork(one);
      const lineages = [];
      for (const store of [one, other, copy]) lineages.push((await store.info()).lineage);
      await copy.close();
      for (const lineage of lineages) ok(UUID.test(lineage), `a lineage should be a UUID, not ${lineage}`);
      equal(new Set(lineages).size, 3, "different lineages");
      equal((await one.info()).lineage, lineages[0], "lineage, asked again");
    },
  },
  {
    name: "a store keeps its lineage when it is opened again",
    needs: "reopen",
    async run({ open, reopen }) {
      const store = await open();
      const { lineage } = await store.info();
      await store.close();
      equal((await (await reopen(store)).info()).lineage, lineage, "lineage");
    },
  },
  {
    name: "two stores on one database have one lineage",
    needs: "alongside",
    async run({ open, alongside }) {
      const one = await open();
      const other = await alongside(one);
      equal((await other.info()).lineage, (await one.info()).lineage, "lineage");
    },
  },
  {
    name: "a checkpoint kept elsewhere contains lineage and event, and the consumer continues from it",
    async run({ open }) {
      const store = await open();
      await fill(store, 1, 10);
      const { seen, saved, told, definition } = elsewhere();
      equal(await runThrough(store, definition), 10, "position");
      await fill(store, 11, 12);
      equal(await runThrough(store, definition), 12, "position");
      equal(seen, [3, 6, 9, 12], "events");

      const { lineage } = await store.info();
      const events = await store.read().toArray();
      for (const checkpoint of [...saved, ...told]) {
        const eventId = events[checkpoint.position - 1]?.id;
        equal(checkpoint, { position: checkpoint.position, lineage, eventId }, "checkpoint");
      }
      equal(saved.at(-1)?.position, 12, "the newest checkpoint");
      const kept = JSON.parse(JSON.stringify(saved[0])) as ConsumerCheckpoint;
      const again = elsewhere(kept);
      await runThrough(store, again.definition);
      equal(
        again.seen,
        [3, 6, 9, 12].filter((n) => n > kept.position),
        "events after a checkpoint that was kept as JSON",
      );
    },
  },
  {
    name: "a checkpoint of another lineage, or of another past of this one, is refused with what was found",
    async run({ open }) {
      const store = await open();
      await fill(store, 1, 6);
      const { lineage } = await store.info();
      const [, , , fourth] = await store.read().toArray();
      const eventId = fourth?.id as string;
      const other = "00000000-0000-4000-8000-000000000000";
      const cases = [
        {
          kept: { position: 4, lineage: other, eventId },
          found: { lineage, eventId },
        },
        { kept: { position: 4, lineage, eventId: "another" }, found: { lineage, eventId } },
        { kept: { position: 9, lineage, eventId }, found: { lineage } },
        { kept: { position: 9, lineage }, found: { lineage } },
      ];
      for (const { kept, found } of cases) {
        const { seen, definition } = elsewhere(kept);
        const consumer = store.consume(definition);
        const { position, ...expected } = kept;
        for (const ask of [() => consumer.ended, () => consumer.caughtUp(), () => consumer.lag()]) {
          const { details } = await fails(ask(), "lineage-changed", `at ${position}`);
          equal(details, { name: "elsewhere", position, expected, found }, "details");
        }
        equal(seen, [], "events");
      }
    },
  },
  {
    name: "a bare position is compared with the head, an empty checkpoint fits every store, and anything else is refused",
    async run({ open }) {
      const store = await open();
      await fill(store, 1, 6);
      const { lineage } = await store.info();
      const good: LoadedCheckpoint[] = [4, { position: 4, lineage }, 0, undefined, null, { position: 0, lineage: "x" }];
      for (const [index, kept] of good.entries()) {
        const { seen, definition } = elsewhere(kept);
        await runThrough(store, definition);
        equal(seen, index < 2 ? [6] : [3, 6], `events of ${index}`);
      }
      const bad: unknown[] = [7, -1, 0.5, NaN, "4", {}, { position: 4 }, { position: "4", lineage }, { lineage }, []];
      bad.push({ position: 4, lineage, eventId: 7 }, { position: 4, lineage: "" });
      for (const [index, kept] of bad.entries()) {
        const consumer = store.consume(elsewhere(kept as LoadedCheckpoint).definition);
        const { details } = await fails(consumer.ended, "invalid-argument", `load ${index}`);
        equal(details, { argument: "checkpoint" }, "details");
      }
    },
  },
];
