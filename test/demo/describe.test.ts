import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import type { Command } from "../../demo/counter/commands.ts";
import { openCounterService } from "../../demo/counter/open-service.ts";
import { describeCommand } from "../../demo/page/sharing/describe.ts";

const STREAM = "counter-laps";

const CASES: readonly (readonly [name: string, command: Command, undo: string, redo: string])[] = [
  ["a change", { type: "add", stream: STREAM, by: 3 }, "Undo in Laps", "Redo in Laps"],
  ["a removal", { type: "remove", stream: STREAM }, "Undo removing Laps", "Redo removing Laps"],
  ["an opening", { type: "open", label: "Laps" }, "Undo adding Laps", "Redo adding Laps"],
  ["a return", { type: "restore", stream: STREAM }, "Undo bringing back Laps", "Redo bringing back Laps"],
];

test.each(CASES)(
  "%s that is undone, redone and undone again is called what it is each time",
  async (_, first, undo, redo) => {
    const service = await openCounterService(await openEventStore(betterSqlite3()));
    onTestFinished(() => service.close());
    if (first.type !== "open") await service.run({ type: "open", label: "Laps" }, "Otter");
    if (first.type === "restore") await service.run({ type: "remove", stream: STREAM }, "Otter");
    let event = await service.run(first, "Otter");
    const given: Command[] = [];
    for (let time = 0; time < 4; time += 1) {
      const command: Command = { type: "take-back", stream: STREAM, event };
      given.push(command);
      event = await service.run(command, "Otter");
    }
    await expect.poll(() => service.counters.state[STREAM]?.version).toBeGreaterThan(4);

    // As for those that are pending: all of them are in the counters already.
    expect(given.map((command) => describeCommand(command, service.counters.state))).toEqual([undo, redo, undo, redo]);
  },
);
