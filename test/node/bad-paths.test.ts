import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3, type BetterSqlite3Options } from "rivulet/better-sqlite3";
import { describe, expect, test } from "vitest";
import { failure } from "../support/outcome.ts";
import { rivulet } from "../support/command-line.ts";
import { unprivileged } from "../support/privileges.ts";
import { temporaryFolder, temporaryPath } from "../support/temporary.ts";

const WHAT_TO_CHECK = "check the path, and that this process may write to the file and to its folder";

describe.each([{ worker: false }, { worker: true }])("worker $worker", ({ worker }) => {
  const open = (path: string): Promise<EventStore> => openEventStore(betterSqlite3({ path, worker }));

  test("a path that is a folder is refused by name", async () => {
    const folder = temporaryFolder();

    const error = await failure(open(folder), "storage-unavailable");

    expect(error.message).toContain(folder);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each(["/dev/zero", "/dev/null", "/dev/full"])("the device %s is refused, and not written to", async (path) => {
    expect((await failure(open(path), "storage-unavailable")).details.reason).toBe("no-file");
  });

  test.each(["", "-wal", "-shm", "-journal"])(
    'a pipe in place of the database with "%s" at its end is refused, and nobody waits for who would write to it',
    async (end) => {
      const path = temporaryPath();
      if (end !== "") await (await open(path)).close();
      execFileSync("mkfifo", [path + end]);
      const link = temporaryPath();
      symlinkSync(path, link);

      for (const one of [path, link]) {
        const error = await failure(open(one), "storage-unavailable");
        expect(error.details.reason).toBe("no-file");
        expect(error.message).toContain(end === "" ? one : path + end);
      }
    },
  );

  test("a missing folder is refused by name and not created", async () => {
    const folder = join(temporaryFolder(), "missing");

    const error = await failure(open(join(folder, "events.db")), "storage-unavailable");

    expect(error.details.reason).toBe("no-such-folder");
    expect(error.message).toContain(folder);
    expect(existsSync(folder)).toBe(false);
  });

  test("a file where a folder should be is refused", async () => {
    const path = temporaryPath();
    await (await open(path)).close();

    await failure(open(join(path, "events.db")), "storage-unavailable");
  });

  test("a folder without write permission is refused by name", async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o555);
    const path = join(folder, "events.db");

    const error = await failure(
      unprivileged(() => open(path)),
      "storage-unavailable",
    );

    expect(error.message).toContain(path);
    expect(error.message).toContain(WHAT_TO_CHECK);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    { what: "a file in a folder, neither of which may be written", folderMode: 0o555 },
    { what: "a file that may not be written in a folder that may", folderMode: 0o777 },
  ])("$what is refused at opening, not at the first append", async ({ folderMode }) => {
    const path = join(temporaryFolder(), "inside", "events.db");
    mkdirSync(dirname(path));
    const store = await open(path);
    await store.stream("kept").append({ type: "noted" });
    await store.close();
    chmodSync(path, 0o444);
    chmodSync(dirname(path), folderMode);
    chmodSync(dirname(dirname(path)), 0o755);

    const error = await failure(
      unprivileged(() => open(path)),
      "storage-unavailable",
    );

    expect(error.message).toContain(path);
    expect(error.message).toContain(WHAT_TO_CHECK);
    await using again = await open(path);
    expect(await again.head()).toBe(1);
  });

  test("a location that not even root can write to is refused", async () => {
    await failure(open("/proc/events.db"), "storage-unavailable");
    await failure(open("/proc/version"), "storage-unavailable");
  });

  test("a file: URL opens the file that it names", async () => {
    const path = join(temporaryFolder(), "with space and ü.db");
    await using store = await openEventStore(betterSqlite3({ path: pathToFileURL(path), worker }));
    await store.stream("kept").append({ type: "noted" });
    expect(existsSync(path)).toBe(true);
  });

  test.each([
    { options: { path: "" }, argument: "path" },
    { options: { path: 7 }, argument: "path" },
    { options: { path: null }, argument: "path" },
    { options: { path: "events\0.db" }, argument: "path" },
    { options: { path: "events.db " }, argument: "path" },
    { options: { path: " events.db" }, argument: "path" },
    { options: { path: "events.db\n" }, argument: "path" },
    { options: { path: "\u00a0events.db" }, argument: "path" },
    { options: { path: " " }, argument: "path" },
    { options: { path: "ev\u001bents.db" }, argument: "path" },
    { options: { path: "file:events.db" }, argument: "path" },
    { options: { path: "FILE:///tmp/events.db?mode=memory" }, argument: "path" },
    { options: { path: ":memory:" }, argument: "path" },
    { options: { path: new URL("https://example.com/events.db") }, argument: "path" },
    { options: { path: new URL("file://elsewhere/events.db") }, argument: "path" },
    { options: { path: new URL("file:///tmp/events.db%20") }, argument: "path" },
    { options: { path: new URL("file:///tmp/events%00.db") }, argument: "path" },
    { options: { path: {} }, argument: "path" },
    { options: { durability: "most" }, argument: "durability" },
    { options: { durability: null }, argument: "durability" },
    { options: { busyTimeout: -1 }, argument: "busyTimeout" },
    { options: { busyTimeout: Number.NaN }, argument: "busyTimeout" },
    { options: { busyTimeout: "soon" }, argument: "busyTimeout" },
  ])("$options is refused, and $argument named", async ({ options, argument }) => {
    const adapter = betterSqlite3({ ...options, worker } as BetterSqlite3Options);

    const error = await failure(openEventStore(adapter), "invalid-argument");

    expect(error.details.argument).toBe(argument);
    expect(error.message).toContain(argument);
  });
});

test.each(["app.db", new URL("file:///tmp/app.db"), 7])(
  "%s passed as the options is refused with a list of the options",
  async (given) => {
    const error = await failure(openEventStore(betterSqlite3(given as BetterSqlite3Options)), "invalid-argument");
    expect(error.message).toContain("{ path");
  },
);

test.each(["/dev/zero", "a pipe"])("the command line refuses %s as a database", (what) => {
  const path = what === "a pipe" ? temporaryPath() : what;
  if (path !== what) execFileSync("mkfifo", [path]);
  for (const command of ["verify", "streams"]) {
    const { code, output, errors } = rivulet([command, path]);
    expect([code, output]).toEqual([3, ""]);
    expect(errors).toContain("not a regular file");
  }
});
