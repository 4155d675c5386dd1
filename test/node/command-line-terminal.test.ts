import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { ndjson } from "rivulet/ndjson";
import { describe, expect, onTestFinished, test } from "vitest";
import { commandLine, rivulet, shell, startRivulet } from "../support/command-line.ts";
import { tamper } from "../support/damage.ts";
import { temporaryFolder, temporaryPath } from "../support/temporary.ts";

/** Terminal escapes, C1 controls, DEL, characters that change the text direction, line separators, and invisible tags. */
const NASTY = "a\u001b[2J\u0007\r\u009b31m\u007f\u0085\u202e\u2066\u200f\u061c\u2028\u2029\uFEFF\u{E0041}z";

/** Characters that are never printed unescaped. Line feeds and tabs are allowed. */
const RAW = /(?![\n\t])\p{Cc}|[\p{Bidi_Control}\u2028\u2029\uFEFF\u{E0000}-\u{E007F}]/u;

async function nasty(): Promise<string> {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  const stream = store.stream(NASTY);
  await stream.append({ type: NASTY, id: NASTY, data: { [NASTY]: NASTY }, metadata: { [NASTY]: NASTY } });
  await stream.saveSnapshot({ projection: NASTY, version: 1, state: NASTY });
  return path;
}

describe("no control characters of names and data reach the terminal", () => {
  test.each([
    ["streams"],
    ["streams", "--json"],
    ["events"],
    ["events", "--json"],
    ["stats"],
    ["stats", "--json"],
    ["export"],
    ["verify"],
    ["verify", "--json"],
  ])("by %s %s", async (command, ...options: string[]) => {
    const path = await nasty();
    if (command === "verify") tamper(path, "UPDATE snapshots SET version = 9; DELETE FROM types");

    const { output, errors } = rivulet([command, path, ...options.filter((one) => one !== undefined)]);

    expect(output).not.toMatch(RAW);
    expect(errors).not.toMatch(RAW);
    expect(output).not.toBe("");
    if (options.includes("--json")) for (const line of output.trim().split("\n")) JSON.parse(line);
  });

  test("an export with escaped characters imports as the same events", async () => {
    const path = await nasty();
    await using store = await openEventStore(betterSqlite3({ path }));
    await using copy = await openEventStore(betterSqlite3());
    await copy.importEvents(ndjson, rivulet(["export", path]).output);
    expect(await copy.read().toArray()).toEqual(await store.read().toArray());
  });

  test("no name or text can imitate a message, and a long one is shortened", () => {
    const fake = "a\nrivulet: nothing wrong\t";
    const folder = temporaryFolder();
    const importing = (text: string): string[] => {
      const file = join(temporaryFolder(), "events.ndjson");
      writeFileSync(file, text);
      return ["import", temporaryPath(), file];
    };
    const project = join(folder, "throws.mjs");
    writeFileSync(project, `throw new TypeError(${JSON.stringify(fake)});\n`);
    const long = "k".repeat(100_000);
    for (const args of [
      [fake],
      ["events", join(folder, fake)],
      ["events", `--${fake}`, "x"],
      ["events", "x", "--after", "--json"],
      ["events", "x", "--after", fake],
      ["import", temporaryPath(), join(folder, fake)],
      ["verify", join(folder, fake)],
      ["verify", project, "--projections", project],
      ["verify", project, "--projections", join(folder, fake)],
      importing(`{"stream":"s","id":"1","type":"t",${JSON.stringify(fake)}:1}\n`),
      [...importing(`{"stream":"s","id":"1","type":"t",${JSON.stringify(fake)}:1}\n`), "--skip-invalid"],
      importing(`{"stream":"s","id":"1","type":"t","data":{${JSON.stringify(fake)}:1e999}}\n`),
      importing(`{"stream":"s","id":"1","type":"t","${long}":1}\n`),
      importing(
        `{"stream":"s","id":"1","type":"t","data":${"[".repeat(50_000)}{"${long}":1e999}${"]".repeat(50_000)}}\n`,
      ),
    ]) {
      const { code, errors } = rivulet(args);
      const lines = errors.trimEnd().split("\n");
      expect(code).not.toBe(0);
      // A failed import also reports how many events it has stored.
      expect(lines.length).toBe(args.includes("import") && errors.includes("before it stored") ? 2 : 1);
      for (const line of lines) {
        expect(line).toMatch(/^rivulet: (?!nothing wrong)/);
        expect(line.length).toBeLessThan(2_100);
      }
    }
  });

  test("nor do those of arguments, in error messages", () => {
    const file = join(temporaryFolder(), "events.ndjson");
    writeFileSync(file, `{"stream":"s","type":"t","${NASTY}":1}\n{"id":7}\n`);
    for (const args of [
      [NASTY],
      ["events", `/tmp/${NASTY}.db`],
      ["events", `--${NASTY}`, "x"],
      ["events", "x", "--after", NASTY],
      ["import", temporaryPath(), `/tmp/${NASTY}`],
      ["import", temporaryPath(), file],
      ["verify", file, "--projections", NASTY],
    ]) {
      const { code, output, errors } = rivulet(args);
      expect(code).not.toBe(0);
      expect(output + errors).not.toMatch(RAW);
    }
  });
});

// Other systems do not show which files a process has open.
describe.skipIf(process.platform !== "linux")("a signal ends the command during any wait", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s: a named pipe that nobody writes to", async (signal, expected) => {
    const pipe = join(temporaryFolder(), "pipe");
    expect(shell(`mkfifo "${pipe}"`).code).toBe(0);
    const path = temporaryPath();
    const child = startRivulet("import", path, pipe);
    await hasOpen(child.pid, path);

    child.interrupt(signal);

    expect((await child.ended).code).toBe(expected);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s: a lock that another process keeps", async (signal, expected) => {
    const path = await nasty();
    const other = new Database(path);
    onTestFinished(() => void other.close());
    other.exec("BEGIN IMMEDIATE");
    const child = startRivulet("streams", path);
    await hasOpen(child.pid, path);

    child.interrupt(signal);

    expect((await child.ended).code).toBe(expected);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s: SQLite's check of a large file", async (signal) => {
    const path = temporaryPath();
    const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
    await store.stream("s").append({ type: "t" });
    await store.close();
    tamper(
      path,
      `INSERT INTO events (position, stream, version, id, type, type_version, data, metadata, timestamp)
       SELECT value, stream, value, randomblob(16), type, type_version, data, metadata, timestamp
       FROM events, (WITH n (value) AS (SELECT 2 UNION ALL SELECT value + 1 FROM n WHERE value < 300000) SELECT * FROM n)`,
    );
    const child = spawn(process.execPath, [commandLine, "verify", path], { stdio: "inherit" });
    onTestFinished(() => void child.kill("SIGKILL"));
    await hasOpen(child.pid as number, path);

    child.kill(signal);

    // The signal ends it by default. A handler could run only after the check.
    expect(await once(child, "exit")).toEqual([null, signal]);
  });

  test("a reader that has stopped reading", async () => {
    const path = temporaryPath();
    const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
    await store.stream("s").append(Array.from({ length: 500 }, () => ({ type: "t", data: "x".repeat(2_000) })));
    await store.close();
    const child = spawn(process.execPath, [commandLine, "export", path], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child.stdout, "readable");

    child.kill("SIGINT");

    expect(await once(child, "exit")).toEqual([130, null]);
  });

  test("a named pipe whose writer comes late is read to its end", async () => {
    const pipe = join(temporaryFolder(), "pipe");
    expect(shell(`mkfifo "${pipe}"`).code).toBe(0);
    const path = temporaryPath();
    const child = startRivulet("import", path, pipe, "--json");
    await hasOpen(child.pid, path);

    writeFileSync(pipe, Array.from({ length: 3_000 }, (_, n) => `{"id":"${n}","stream":"s","type":"t"}\n`).join(""));

    const { code, lines } = await child.ended;
    expect([code, JSON.parse(lines.join(""))]).toMatchObject([0, { imported: 3_000 }]);
  });
});

/** Waits until a process has a file open: before that, it has begun to listen for signals. */
async function hasOpen(pid: number, path: string): Promise<void> {
  await expect
    .poll(
      () => {
        const folder = `/proc/${pid}/fd`;
        return readdirSync(folder).some((fd) => linkOf(join(folder, fd)) === path);
      },
      { timeout: 60_000 },
    )
    .toBe(true);
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // The file was closed in between.
    return undefined;
  }
}
