import * as fc from "fast-check";
import type { Adapter } from "rivulet/adapter";
import { postgres } from "rivulet/postgres";
import { describe, expect, test } from "vitest";
import { emptied } from "../support/emptied-postgres.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { FAULTS } from "../support/sync/faults.ts";
import { play, stories, type Story } from "../support/sync/story.ts";

/** More of them by hand: `RIVULET_RUNS=5000 npx vitest run test/properties/replicas.test.ts`. */
const RUNS = Number(process.env["RIVULET_RUNS"] ?? 40);

/** A seed of fast-check with which each fault is found soon. Others find it, too, after more stories. */
const SEEDS: Readonly<Record<keyof typeof FAULTS, number>> = {
  "an entry leaves the outbox on the answer to a push": 6,
  "the hub appends what it has decided without a version": 4,
  "the place moves before the events are in, and the process dies in between": 3,
  "the hub does not keep what it has refused": 47,
  "the hub keeps a refusal, but a later copy of the push does not ask for it": 1,
  "a confirmed event gets the time of its arrival": 1,
  "a call resolves before what it did is durable": 5,
  "a replica starts again by itself where the hub is another": 4,
  "a push that is sent again is another command": 2,
  "what the hub refuses is taken for done": 3,
  "a line that is lost on the way is not missed": 1,
  "events that do not follow are left out": 3,
  "what has arrived stays in the outbox": 1,
  "the outbox is sent in any order": 1,
};

/** Faults that only show where a hub is restored from a copy. */
const AFTER_RESTORE: ReadonlySet<string> = new Set([
  "an entry leaves the outbox on the answer to a push",
  "a replica starts again by itself where the hub is another",
]);

test("whatever happens to replicas, their hub and the network, all have the same in the end, and nothing accepted is lost", async () => {
  await fc.assert(
    fc.asyncProperty(stories(false), (story) => play(story)),
    { numRuns: RUNS },
  );
});

describe.skipIf(mayBeLeftOut())("the same, with a hub on PostgreSQL", () => {
  const server = usePostgres();
  test("all have the same in the end, and nothing accepted is lost", async () => {
    const { connectionString, query } = server();
    const adapter = await emptied(postgres({ connectionString }), query);
    await fc.assert(
      fc.asyncProperty(stories(false), (story) => playOn(adapter, story)),
      { numRuns: Math.ceil(RUNS / 5) },
    );
  });
});

async function playOn(adapter: Adapter, story: Story): Promise<void> {
  const { storage } = await adapter.open();
  try {
    await play(story, {}, () => Promise.resolve(storage));
  } finally {
    await storage.close();
  }
}

test("a hub that was restored from a copy is noticed by whoever knows more, and nothing is mixed or lost", async () => {
  await fc.assert(
    fc.asyncProperty(stories(true), (story) => play(story)),
    { numRuns: Math.ceil(RUNS / 2) },
  );
});

describe("these stories find a part that is faulty:", () => {
  test.each(Object.entries(FAULTS))("%s", async (name, make) => {
    const first = SEEDS[name] ?? 1;
    const found: unknown[] = [];
    // Any change of what the simulation asks of its storages makes other stories of a seed.
    for (let seed = first; seed < first + 4 && found.length === 0; seed++) {
      const property = fc.asyncProperty(stories(AFTER_RESTORE.has(name)), (story) => play(story, make()));
      const { failed, errorInstance } = await fc.check(property, { numRuns: 150, endOnFailure: true, seed });
      if (failed) found.push(errorInstance);
    }

    // A broken promise, not a crash of the simulation.
    expect(String(found[0])).toMatch(/^Error: (?:device \d|the hub's history|c\d+ )/);
  });
});
