import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { ndjson } from "rivulet/ndjson";
import { expect, test } from "vitest";
import { fieldsOf, onTerminal, rivulet, shell, startRivulet } from "../support/command-line.ts";
import { temporaryFolder, temporaryPath } from "../support/temporary.ts";

/** Creates a database with this many events in seven streams. */
async function counted(events: number): Promise<string> {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  for (let n = 0; n < events; n += 100) {
    const batch = Array.from({ length: Math.min(100, events - n) }, (_, index) => ({
      type: "counted",
      data: n + index,
    }));
    await store.stream(`stream-${(n / 100) % 7}`).append(batch);
  }
  return path;
}

/** The control sequence that returns to the start of the line and clears it. */
const CLEAR = "\r\u001B[K";

const figuresOf = (output: string): Record<string, number> =>
  Object.fromEntries(
    output
      .trim()
      .split("\n")
      .map((line) => line.split("\t"))
      .map(([name, figure]) => [name as string, Number(figure)]),
  );

test("export writes the same text as the API, and import restores the same events from a file or a pipe", async () => {
  const path = await counted(1_234);
  const folder = temporaryFolder();
  const [file, copy, piped] = ["events.ndjson", "copy.db", "piped.db"].map((name) => join(folder, name));
  await using store = await openEventStore(betterSqlite3({ path }));
  const text = (await store.exportEvents(ndjson).toArray()).join("");

  expect(shell(`rivulet export '${path}' > '${file}'`).code).toBe(0);
  const { code, output } = rivulet(["import", copy as string, file as string]);
  const throughPipe = shell(`rivulet export '${path}' | rivulet import '${piped}' - --json`);

  expect(readFileSync(file as string, "utf8")).toBe(text);
  expect([code, figuresOf(output)]).toEqual([
    0,
    { lines: 1_234, imported: 1_234, deduplicated: 0, skipped: 0, retimed: 0, renumbered: 0 },
  ]);
  expect(JSON.parse(throughPipe.output)).toMatchObject({ imported: 1_234 });
  for (const database of [copy, piped]) expect(rivulet(["export", database as string]).output).toBe(text);
});

test("an export after a position has only later events, and a filtered one only matching events", async () => {
  const path = await counted(300);

  expect(rivulet(["export", path, "--after", "298"]).output.match(/^\{"position":\d+/gm)).toEqual([
    '{"position":299',
    '{"position":300',
  ]);
  expect(rivulet(["export", path, "--stream", "stream-1"]).output.split("\n")).toHaveLength(101);
});

test("an import that was killed at any moment is completed by repeating it, and every event is stored once", async () => {
  const path = await counted(30_000);
  const file = join(temporaryFolder(), "events.ndjson");
  const copy = temporaryPath();
  expect(shell(`rivulet export '${path}' > '${file}'`).code).toBe(0);
  const text = readFileSync(file, "utf8");

  let heads = 0;
  for (const share of [0.2, 0.5, 0.8]) {
    // It waits for more input than it gets, so that it is killed midway.
    const child = startRivulet("import", copy);
    child.send(text.slice(0, Math.floor(text.length * share)));
    await untilHead(copy, heads + 1_000);
    child.kill();
    expect((await child.ended).signal).toBe("SIGKILL");
    heads = Number(fieldsOf("stats", copy).find(([name]) => name === "events")?.[1]);
    expect(rivulet(["verify", copy]).code).toBe(0);
  }
  const { code, output } = rivulet(["import", copy, file]);

  expect(code).toBe(0);
  expect(figuresOf(output)).toMatchObject({ imported: 30_000 - heads, deduplicated: heads, retimed: 0, renumbered: 0 });
  // Not printed if it differs: it has megabytes.
  expect(rivulet(["export", copy]).output === text).toBe(true);
});

test("an interrupted import reports the events stored so far, keeps them, and exits with 130", async () => {
  const copy = temporaryPath();
  const child = startRivulet("import", copy);
  child.send(
    Array.from({ length: 1_500 }, (_, n) => JSON.stringify({ id: `${n}`, stream: "s", type: "t" })).join("\n"),
  );
  await untilHead(copy, 1_000);
  child.interrupt();

  const { code, errors } = await child.ended;

  expect([code, errors]).toEqual([130, ""]);
  expect(rivulet(["verify", copy]).code).toBe(0);
});

test("an invalid line ends an import with its number; with the option to skip it, the import continues", async () => {
  const lines = rivulet(["export", await counted(10)])
    .output.split("\n")
    .slice(0, -1);
  const file = join(temporaryFolder(), "events.ndjson");
  writeFileSync(file, [...lines.slice(0, 6), '{"stream":', ...lines.slice(6)].join("\n"));
  const path = temporaryPath();

  const stopped = rivulet(["import", path, file]);
  expect([stopped.code, stopped.output]).toEqual([1, ""]);
  expect(stopped.errors).toMatch(/line 7: it is not JSON[^]*6 events before it stored, none after it/);
  expect(fieldsOf("events", path)).toHaveLength(6);

  const skipping = rivulet(["import", path, file, "--skip-invalid"]);
  expect([skipping.code, figuresOf(skipping.output)]).toEqual([
    1,
    { lines: 11, imported: 4, deduplicated: 6, skipped: 1, retimed: 0, renumbered: 0 },
  ]);
  expect(skipping.errors).toMatch(/^rivulet: line 7: [^\n]*\n$/);
});

test("an import from a missing file creates no database", () => {
  const path = temporaryPath();

  for (const file of [`${path}.ndjson`, temporaryFolder()]) {
    const { code, errors } = rivulet(["import", path, file]);
    expect(code).toBe(3);
    expect(errors).toMatch(/no such file|folder/);
    expect(existsSync(path)).toBe(false);
  }
});

// The `script` of other systems takes other options.
test.skipIf(process.platform !== "linux")(
  "a terminal shows the progress of an import or export, and at the end only the result",
  async () => {
    const path = await counted(20_000);
    const file = join(temporaryFolder(), "events.ndjson");

    const exporting = onTerminal(`rivulet export '${path}' > '${file}'`);
    const importing = onTerminal(`rivulet import '${temporaryPath()}' '${file}'`);

    for (const { code, output } of [exporting, importing]) {
      expect(code).toBe(0);
      expect(output.split(CLEAR).filter((line) => /^\[#*-+\] \d+ % {2}[\d,]+ (events|of)/.test(line))).not.toEqual([]);
    }
    expect(exporting.output.split(CLEAR).at(-1)).toBe("");
    expect(importing.output.split(CLEAR).at(-1)).toMatch(/^lines\t20000\r\nimported\t20000\r\n/);
    expect(readFileSync(file, "utf8").split("\n")).toHaveLength(20_001);
  },
);

/** Waits until a database that another process fills has this many events. */
async function untilHead(path: string, position: number): Promise<void> {
  await using store = await openEventStore(betterSqlite3({ path }));
  for await (const event of store.watch()) if (event.position >= position) return;
}
