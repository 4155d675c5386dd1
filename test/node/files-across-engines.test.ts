import { readdirSync } from "node:fs";
import { join } from "node:path";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { ndjson } from "rivulet/ndjson";
import { expect, onTestFinished, test } from "vitest";
import { ENGINES, expectContinued, useFileOn } from "../support/odd-files.ts";
import type { OddReport } from "../support/odd-values.ts";
import { failure } from "../support/outcome.ts";
import { hasPython, readWithPython } from "../support/python.ts";
import { temporaryPath } from "../support/temporary.ts";
import { startWorkerd } from "../support/workerd.ts";

test("a file is read with the same values and continued by every engine, whichever wrote it, and read by Python", async () => {
  const path = temporaryPath();
  const reports: [string, OddReport][] = [];
  // In the second round, each reads what every other has written.
  for (const engine of [...ENGINES, ...ENGINES]) reports.push([engine, await useFileOn(engine, path)]);

  expectContinued(reports);
  if (hasPython) expect(readWithPython(path, 0)).toEqual(reports.at(-1)?.[1].after.events);
});

test("a Durable Object keeps the same values, and its events can be moved to a file and back as NDJSON", async () => {
  const workerd = await startWorkerd("odd-values", "Odd");
  onTestFinished(workerd.close);
  const path = temporaryPath();
  const inFile = await useFileOn("better-sqlite3", path);
  const inObject = (await workerd.ask("/use?object=a")) as OddReport;
  expectContinued([["workerd", inObject]]);
  expect({ ...inObject.after, events: [] }).toEqual({ ...inFile.after, events: [] });

  await using file = await openEventStore(betterSqlite3({ path: temporaryPath() }));
  await file.importEvents(ndjson, (await workerd.ask("/export?object=a")) as string);
  expect(await file.read().toArray()).toEqual(inObject.after.events);

  await using written = await openEventStore(betterSqlite3({ path }));
  await workerd.ask("/import?object=b", "POST", (await written.exportEvents(ndjson).toArray()).join(""));
  expect(await workerd.ask("/events?object=b")).toEqual(await written.read().toArray());
});

test("the database of a Durable Object, which lacks the marks of a file, is refused as another application's", async () => {
  const workerd = await startWorkerd("odd-values", "Odd");
  onTestFinished(workerd.close);
  await workerd.ask("/events?object=a");
  await workerd.kill();

  const found = readdirSync(workerd.disk, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".sqlite") && !name.includes("metadata"),
  );
  expect(found).toHaveLength(1);
  const path = join(workerd.disk, found[0] as string);
  const error = await failure(openEventStore(betterSqlite3({ path })), "storage-format");
  expect(error.message).toContain("another application");
});
