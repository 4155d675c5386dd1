import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { startScript } from "../support/child.ts";
import { createRandom } from "../support/random.ts";
import { temporaryPath } from "../support/temporary.ts";

const EVENTS = 3_000;
const ROUNDS = 8;

test.each([false, true])(
  "consumers in killed processes continue from the checkpoint and handle every event in order; worker %s",
  async (worker) => {
    const random = createRandom(`killed consumers, worker ${worker}`);
    const path = temporaryPath();
    const store = await openEventStore(betterSqlite3({ path }));
    await store.stream("s").append(Array.from({ length: EVENTS }, (_, data) => ({ type: "t", data })));
    const runs: (readonly [position: number, token: number])[][] = [];

    for (let round = 0; round < ROUNDS; round++) {
      const child = startScript("consumer", path, `${worker}`);
      const enough = round === ROUNDS - 1 ? Infinity : 1 + random.below(EVENTS / ROUNDS);
      let count = 0;
      child.onLine((line) => {
        if (line.startsWith("handled ") && ++count === enough) child.kill();
      });
      if (round === ROUNDS - 1) {
        await child.line(`done ${EVENTS}`);
        child.kill();
      }
      const { lines, errors } = await child.ended;
      expect(errors).toBe("");
      const handled = lines.filter((line) => line.startsWith("handled "));
      runs.push(handled.map((line) => line.split(" ").slice(1).map(Number) as [number, number]));
    }

    let reached = 0;
    let last = 0;
    for (const run of runs) {
      const [first, token] = run[0] ?? [reached + 1, last + 1];
      // It starts at the checkpoint that the previous one saved, at most one batch behind its last event.
      expect(first).toBeLessThanOrEqual(reached + 1);
      expect(first).toBeGreaterThan(reached - 10);
      expect(token).toBeGreaterThan(last);
      expect(run.map(([position]) => position)).toEqual(run.map((_, index) => first + index));
      reached = first + run.length - 1;
      last = token;
    }
    expect(reached).toBe(EVENTS);
    await store.close();
  },
);
