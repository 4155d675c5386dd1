import * as fc from "fast-check";
import { memory, openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { test } from "vitest";
import { commands } from "../support/model-commands.ts";
import { playStory } from "../support/story.ts";
import { temporaryFolder } from "../support/temporary.ts";

test("whatever is done to a store in memory, it does as the model does", async () => {
  const stage = { open: (options: object) => openEventStore(memory(), options), persists: false };
  await fc.assert(
    fc.asyncProperty(commands, (story) => playStory(stage, story)),
    { numRuns: 150 },
  );
});

test("whatever is done to a store in a SQLite database in memory, it does as the model does", async () => {
  const stage = { open: (options: object) => openEventStore(betterSqlite3(), options), persists: false };
  await fc.assert(
    fc.asyncProperty(commands, (story) => playStory(stage, story)),
    { numRuns: 150 },
  );
});

test("whatever is done to a store in a file, closing and opening it in between, it does as the model does", async () => {
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
