import * as fc from "fast-check";
import { memory, openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { test } from "vitest";
import { commands } from "../support/model-commands.ts";
import { playStory } from "../support/story.ts";
import { temporaryFolder } from "../support/temporary.ts";

test("a store in memory behaves as the model for any sequence of calls", async () => {
  const stage = { open: (options: object) => openEventStore(memory(), options), persists: false };
  await fc.assert(
    fc.asyncProperty(commands, (story) => playStory(stage, story)),
    { numRuns: 150 },
  );
});

test("a store in a SQLite database in memory behaves as the model for any sequence of calls", async () => {
  const stage = { open: (options: object) => openEventStore(betterSqlite3(), options), persists: false };
  await fc.assert(
    fc.asyncProperty(commands, (story) => playStory(stage, story)),
    { numRuns: 150 },
  );
});

test("a store in a file, closed and opened in between, behaves as the model for any sequence of calls", async () => {
  const folder = temporaryFolder();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(commands, async (story) => {
      const path = `${folder}/${++run}.db`;
      const open = (options: object) => openEventStore(betterSqlite3({ path, durability: "normal" }), options);
      await playStory({ open, persists: true }, story);
    }),
    { numRuns: 100 },
  );
});
