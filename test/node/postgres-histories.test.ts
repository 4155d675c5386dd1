import { openEventStore } from "rivulet";
import { postgres } from "rivulet/postgres";
import { describe, expect, test } from "vitest";
import { startScript, type Child } from "../support/child.ts";
import {
  problemsOf,
  type Answer,
  type Call,
  type Found,
  type Saying,
  type Sighting,
} from "../support/history-check.ts";
import { mayBeLeftOut, startPostgres, type Postgres } from "../support/postgres.ts";
import { createRandom, type Random } from "../support/random.ts";

const PROCESSES = 5;
const ROUNDS = 12;

/** What all processes have said. */
interface Recorded {
  readonly calls: Call[];
  readonly answers: Answer[];
  readonly sightings: Sighting[];
  readonly wrong: string[];
}

describe.skipIf(mayBeLeftOut())("processes that share a store on PostgreSQL", () => {
  test("keep a correct history although they are killed repeatedly, and the server is killed and restarted", async () => {
    const random = createRandom("histories on PostgreSQL");
    const server = await startPostgres();
    const recorded: Recorded = { calls: [], answers: [], sightings: [], wrong: [] };
    let count = 0;
    const start = (): Child => startProcess(server, `process-${count++}`, random, recorded);
    // Also the schema is made by all at once.
    const processes = Array.from({ length: PROCESSES }, start);

    for (let round = 0; round < ROUNDS; round++) {
      await answered(recorded, 8 + random.below(25));
      const victim = random.below(PROCESSES);
      if (round % 4 === 3) {
        await server.stopAtOnce();
        await server.start();
      } else {
        (processes[victim] as Child).kill();
        await (processes[victim] as Child).ended;
        processes[victim] = start();
      }
    }
    await answered(recorded, 20);
    for (const child of processes) child.send("stop");
    for (const child of processes) expect(await child.ended).toMatchObject({ code: 0, errors: "" });

    await using store = await openEventStore(postgres({ connectionString: server.connectionString }));
    const stored = (await store.read().toArray()).map(({ position, stream, version, id }): Found => [
      position,
      stream,
      version,
      id,
    ]);
    expect(recorded.wrong).toEqual([]);
    expect(problemsOf(stored, recorded)).toEqual([]);
    // Otherwise the history would have shown nothing.
    expect(recorded.answers.filter(({ outcome }) => outcome === "conflict").length).toBeGreaterThan(5);
    expect(recorded.sightings.length).toBeGreaterThan(stored.length);
  });
});

function startProcess(server: Postgres, name: string, random: Random, recorded: Recorded): Child {
  const child = startScript("postgres-history", server.connectionString, "rivulet", name, random.below(2 ** 30));
  child.onLine((line) => {
    const saying = JSON.parse(line) as Saying;
    if ("call" in saying) recorded.calls.push(saying.call);
    else if ("answer" in saying) recorded.answers.push(saying.answer);
    else if ("saw" in saying) recorded.sightings.push(saying.saw);
    else recorded.wrong.push(saying.wrong);
  });
  return child;
}

/** Resolves once so many more calls were answered. */
async function answered({ answers }: Recorded, more: number): Promise<void> {
  const goal = answers.length + more;
  await expect.poll(() => answers.length, { interval: 5 }).toBeGreaterThanOrEqual(goal);
}
