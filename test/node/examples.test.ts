import { expect, test } from "vitest";
import { mayBeLeftOut, startPostgres } from "../support/postgres.ts";
import { runNode } from "../support/run-node.ts";
import { temporaryPath } from "../support/temporary.ts";

function example(name: string, ...args: readonly string[]): Promise<string> {
  return runNode(`.build/demo/examples/${name}.js`, args);
}

test("the example of writing and reading reads its events back and deduplicates a repeated one", async () => {
  expect(await example("write-and-read")).toBe(`written: "account-1" is at version 2
read: 1 opened {"owner":"Ada"}
read: 2 deposited {"amount":100}
read: 3 deposited {"amount":50}
newest: deposited at position 3
again: 1 known, still at version 4
`);
});

test("the example of rebuilding state folds the state of now and of an earlier time", async () => {
  expect(await example("rebuild-state")).toBe(`now: tea, honey; 10 in all; checked out
at version 2: tea, milk; 6 in all; open
`);
});

test("the example of watching prints the history, then live events, then stops", async () => {
  expect(await example("watch")).toBe(`history: 1, 20.1 °C
history: 2, 20.4 °C
history: 3, 20.9 °C
caught up: from here on it is live
live: 4, 21.7 °C
live: 5, 25.3 °C
too warm: stopped watching
`);
});

test("the example of snapshots replays only the events after a snapshot, to the same state", async () => {
  expect(await example("snapshot")).toBe(`without a snapshot: 499500, from 1000 events
saved at version 1000; the stream is still at version 1000
with it: 499515, from 2 events
from the start: 499515, the same
`);
});

test("the example of filtering selects events across all streams, in reads and in a watch", async () => {
  expect(await example("filter")).toBe(`everything: 1 customer-ada, 2 order-1, 3 order-2, 4 order-1
orders: order-1 ordered
orders: order-2 ordered
orders: order-1 paid
web: customer-ada registered
web: order-1 ordered
last payment: order-1 at position 4
new order: honey
`);
});

test("the example of a projection updates once per append, and loads an earlier state and a fork without changing it", async () => {
  expect(await example("projection")).toBe(`live: {}
live: {"tea":2,"cake":1}
live: {"tea":2}
loaded: {"tea":2} at version 3
before the last event: {"tea":2,"cake":1}
what if it had been emptied: {}
it was not: {"tea":2}
`);
});

test("the example of a read model is built with progress, queried, rebuilt, and used beside its next schema", async () => {
  const lines = (await example("read-model")).split("\n");
  const progress = lines.filter((line) => / of \d+$/.test(line));
  for (const phase of ["building", "rebuilding"]) {
    expect(progress.filter((line) => line.startsWith(`${phase}: `)).length).toBeGreaterThan(3);
  }
  expect(progress).toContain("caught-up: 10000 of 10000");
  expect(progress.at(-1)).toBe("caught-up: 10002 of 10002");
  expect(lines.filter((line) => !progress.includes(line))).toEqual([
    "{ code: 'ATL', flights: 2500, delay: 77400 }",
    "{ code: 'JFK', flights: 2500, delay: 72400 }",
    "{ code: 'ORD', flights: 2500, delay: 74900 }",
    "{ code: 'SFO', flights: 2500, delay: 69900 }",
    "SFO after one more: 28.15",
    "most delay, live: ORD",
    "rebuilt: [ { flights: 10002 } ]",
    "worst day, schema 2: [ { code: 'ORD', day: '2026-02-01' } ]",
    "schema 1 still answers: [ { airports: 4 } ]",
    "",
  ]);
});

test("the example of consumers counts each order once in another database, and parks a letter until it can be sent", async () => {
  expect(await example("consumer")).toBe(`try 1 failed: Error: the power went
{ customer: 'ada', orders: 334, total: 166833 }
{ customer: 'grace', orders: 333, total: 166167 }
{ customer: 'linus', orders: 333, total: 166500 }
at 1000, 0 behind
letters about the past: 0
sent to ada and grace
parked: 1003 after 2 tries: nobody answered the door
still parked: 0, sent to ada, grace, linus
a letter knows its order: true
orders in the other database: 1003
`);
});

test("the earthquakes are imported once: a second run reports that it added nothing, and shows the same networks", async () => {
  const path = temporaryPath();

  const first = await example("earthquakes", path);
  const second = await example("earthquakes", path);

  expect(first).toContain("1,707 reports added, 0 known before");
  expect(second).toContain("Nothing was added: all 1,707 reports were here already");
  expect(networks(first)).toHaveLength(12);
  expect(networks(first)).toContainEqual(expect.stringMatching(/^worldwide \(NEIC\) +168 +M 6\.4 .*Hualian, Taiwan$/));
  expect(networks(second)).toEqual(networks(first));
  for (const output of [first, second]) {
    expect(output).toContain("Importing 1,707 of 1,707");
    expect(output).toContain("at version 193, loaded again, plus 193 newer events: the same as all 386.");
    expect(output.match(/here \d+ ms after it was reported/g)).toHaveLength(5);
  }
  expect(second).toContain("1,713 events so far");
});

function networks(output: string): string[] {
  return output.split("\n").filter((line) => / M \d/.test(line) && !line.startsWith(" "));
}

test("the example of a decider sells each seat once", async () => {
  expect(await example("decider")).toBe(`4 free; asked again: true, 4 free
reserved, sold-out
Eve wants 4, but 0 are free
1 announced at the counter
2 reserved via web
3 reserved at the counter
4 sold-out at the counter
`);
});

test("the example of moving to another storage copies while the application runs, and goes on where it stopped", async () => {
  expect(await example("move-to-postgres")).toBe(`copied while it ran: 400 of 400 events
copied while it was stopped: 5 events, 1 consumer
415 events; mailed 415, each once: true
`);
});

test.skipIf(mayBeLeftOut())("the same example moves to PostgreSQL", async () => {
  const { connectionString } = await startPostgres();

  expect(await example("move-to-postgres", connectionString)).toContain("415 events; mailed 415, each once: true");
});
