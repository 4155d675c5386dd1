import * as fc from "fast-check";
import type { Adapter } from "rivulet/adapter";
import { postgres } from "rivulet/postgres";
import { describe, expect, test } from "vitest";
import { emptied } from "../support/emptied-postgres.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { FAULTS } from "../support/sync/faults.ts";
import { play, stories, type Story, type Weights } from "../support/sync/story.ts";

/** More of them by hand: `RIVULET_RUNS=5000 npx vitest run test/properties/replicas.test.ts`. */
const RUNS = Number(process.env["RIVULET_RUNS"] ?? 40);

/** Commands that wait while the device is offline are decided on other events than those that it knew. */
const REFUSED_OFTEN: Weights = {
  offline: 4,
  online: 4,
  elsewhere: 12,
  append: 0,
  unfollow: 0,
  forbid: 0,
  "kill tab": 0,
  "kill hub": 0,
};

/** What has to happen more often than usual for a fault to show soon; without restores of the hub where they are not named. */
const OFTEN: Readonly<Record<string, Weights>> = {
  "an entry leaves the outbox on the answer to a push": {
    unfollow: 0,
    forbid: 0,
    offline: 0,
    "back up": 8,
    restore: 5,
  },
  "a replica starts again by itself where the hub is another": {
    unfollow: 0,
    forbid: 0,
    offline: 0,
    "back up": 8,
    restore: 5,
  },
  "the hub does not keep what it has refused": REFUSED_OFTEN,
  "the hub keeps a refusal, but a later copy of the push does not ask for it": REFUSED_OFTEN,
};

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
    const found: unknown[] = [];
    const often = OFTEN[name] ?? {};
    const told = stories("restore" in often, often);
    for (let seed = 1; seed <= 4 && found.length === 0; seed++) {
      const property = fc.asyncProperty(told, (story) => play(story, make()));
      const { failed, errorInstance } = await fc.check(property, { numRuns: 150, endOnFailure: true, seed });
      if (failed) found.push(errorInstance);
    }

    // A broken promise, not a crash of the simulation.
    expect(String(found[0])).toMatch(/^Error: (?:device \d|the hub's history|c\d+ )/);
  });
});
