import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { commandFor, scriptPath } from "../support/child.ts";
import type { EngineName } from "../support/given-engine.ts";
import { recordStatements } from "../support/statements.ts";
import { temporaryFolder, temporaryPath } from "../support/temporary.ts";

type Durability = "full" | "normal";

const canTrace = spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;

test("an awaited append is one flush to disk, and so are 200 appends made at once", async () => {
  const few = await countFlushes("full", 5, 0);
  const more = await countFlushes("full", 25, 0);
  const grouped = await countFlushes("full", 5, 200);

  expect(more - few).toBe(20);
  expect(grouped - few).toBe(1);
});

test.skipIf(!canTrace)("node:sqlite flushes as often", async () => {
  const few = await countFlushes("full", 5, 0, 0, "node-sqlite");

  expect((await countFlushes("full", 25, 0, 0, "node-sqlite")) - few).toBe(20);
  expect((await countFlushes("full", 5, 200, 0, "node-sqlite")) - few).toBe(1);
  expect(await countFlushes("normal", 25, 200, 0, "node-sqlite")).toBe(
    await countFlushes("normal", 5, 0, 0, "node-sqlite"),
  );
});

test("a duplicate append and one with an outdated version flush nothing", async () => {
  expect(await countFlushes("full", 5, 0, 40)).toBe(await countFlushes("full", 5, 0));
});

test("with durability normal commits are not flushed", async () => {
  if (!canTrace) return expectNormal();

  expect(await countFlushes("normal", 25, 200)).toBe(await countFlushes("normal", 5, 0));
});

/**
 * Counts the flushes of a process that does nothing else. If system calls cannot be traced, commits are counted
 * instead: with synchronous FULL, which another test checks, each commit is one flush.
 */
async function countFlushes(
  durability: Durability,
  oneByOne: number,
  atOnce: number,
  refused = 0,
  engine: EngineName = "better-sqlite3",
): Promise<number> {
  if (!canTrace) return countCommits(oneByOne, atOnce);
  const folder = temporaryFolder();
  const trace = join(folder, "trace");
  const { command, environment } = commandFor(engine);
  const traced = ["-f", "-o", trace, "-e", "trace=fsync,fdatasync", ...command];
  const script = [
    scriptPath("durable-appends"),
    join(folder, "events.db"),
    durability,
    `${oneByOne}`,
    `${atOnce}`,
    `${refused}`,
  ];
  const { status, stderr } = spawnSync("strace", [...traced, ...script], {
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  expect({ status, stderr, traced: existsSync(trace) }).toEqual({ status: 0, stderr: "", traced: true });
  return readFileSync(trace, "utf8").match(/ f(data)?sync\(/g)?.length ?? 0;
}

async function countCommits(oneByOne: number, atOnce: number): Promise<number> {
  const statements = recordStatements();
  const store = await openEventStore(betterSqlite3({ path: temporaryPath() }));
  const stream = store.stream("flushed");
  for (let index = 0; index < oneByOne; index++) await stream.append({ type: "noted" });
  await Promise.all(Array.from({ length: atOnce }, () => stream.append({ type: "noted" })));
  await store.close();
  return statements.all.filter((sql) => sql === "COMMIT").length;
}

async function expectNormal(): Promise<void> {
  const statements = recordStatements();
  const store = await openEventStore(betterSqlite3({ path: temporaryPath(), durability: "normal" }));
  for (const connection of statements.connections) expect(connection.pragma("synchronous", { simple: true })).toBe(1);
  await store.close();
}
