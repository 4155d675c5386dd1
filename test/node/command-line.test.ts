import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { fieldsOf, rivulet, shell, startRivulet } from "../support/command-line.ts";
import { temporaryFolder, temporaryPath } from "../support/temporary.ts";

const TIME = Date.UTC(2026, 2, 1, 12);
const AT = "2026-03-01T12:00:00.000Z";

/** Six events in three streams, one of which has a name that would break a line. */
async function shop(): Promise<string> {
  const path = temporaryPath();
  let time = TIME;
  let ids = 0;
  const options = { clock: () => (time += 1_000) - 1_000, newId: () => `id-${++ids}` };
  await using store = await openEventStore(betterSqlite3({ path }), options);
  await store.stream("order-1").append([{ type: "ordered", data: { item: "tea\t\u009b" } }, { type: "paid" }]);
  await store.stream("order-2").append({ type: "ordered", data: { item: "cake" }, metadata: { via: "web", try: 1 } });
  await store.stream("a\tb\n\\\u001b[31m").append({ type: "noted", data: null, metadata: { via: "phone" } });
  await store.stream("order-2").append([{ type: "paid" }, { type: "shipped" }]);
  return path;
}

test("streams prints each stream and its version, one per line", async () => {
  const path = await shop();

  expect(fieldsOf("streams", path)).toEqual([
    ["order-1", "2"],
    ["order-2", "3"],
    ["a\\tb\\n\\\\\\u001b[31m", "1"],
  ]);
  expect(fieldsOf("streams", path, "--prefix", "order-2")).toEqual([["order-2", "3"]]);
  const lines = fieldsOf("streams", path, "--json").map(([line]) => JSON.parse(line as string) as unknown);
  expect(lines[2]).toEqual({ name: "a\tb\n\\\u001b[31m", version: 1 });
});

test("events prints one event per line, with control characters escaped", async () => {
  const path = await shop();

  expect(fieldsOf("events", path)).toEqual([
    ["1", AT, "order-1", "1", "ordered", '{"item":"tea\\t\\u009b"}', ""],
    ["2", AT, "order-1", "2", "paid", "", ""],
    ["3", "2026-03-01T12:00:01.000Z", "order-2", "1", "ordered", '{"item":"cake"}', '{"via":"web","try":1}'],
    ["4", "2026-03-01T12:00:02.000Z", "a\\tb\\n\\\\\\u001b[31m", "1", "noted", "null", '{"via":"phone"}'],
    ["5", "2026-03-01T12:00:03.000Z", "order-2", "2", "paid", "", ""],
    ["6", "2026-03-01T12:00:03.000Z", "order-2", "3", "shipped", "", ""],
  ]);
});

test.each([
  [
    ["--stream", "order-1", "-s", "order-2", "--type", "paid"],
    ["2", "5"],
  ],
  [
    ["--prefix", "order-", "-t", "ordered", "-t", "shipped"],
    ["1", "3", "6"],
  ],
  [["--metadata", "via=phone"], ["4"]],
  [["--metadata", "via=web", "-m", "try=1"], ["3"]],
  [["--metadata", 'try="1"'], []],
  [["--metadata", 'via={"a":1,"a":2}'], []],
  [["--metadata", 'via="12345678901234567890"'], []],
  [
    ["--after", "2", "--up-to", "4"],
    ["3", "4"],
  ],
  [
    ["--as-of", "2026-03-01T12:00:01Z"],
    ["1", "2", "3"],
  ],
  [
    ["--reverse", "--limit", "2"],
    ["6", "5"],
  ],
  [["-n", "0"], []],
])("events %j are positions %j", async (options, positions) => {
  expect(fieldsOf("events", await shop(), ...options).map(([position]) => position)).toEqual(positions);
});

test("events --follow prints the history, then the appends of other processes, until it is interrupted", async () => {
  const path = await shop();
  const follower = startRivulet("events", path, "--follow", "--stream", "order-1", "--json");
  await follower.line('{"position":2,');

  await using store = await openEventStore(betterSqlite3({ path }));
  await store.stream("order-2").append({ type: "refunded" });
  await store.stream("order-1").append({ type: "refunded" });
  const line = await follower.line('{"position":8,');
  follower.interrupt();
  const { code, errors } = await follower.ended;

  expect(JSON.parse(line)).toMatchObject({ stream: "order-1", version: 3, type: "refunded" });
  expect([code, errors]).toEqual([130, ""]);
});

test("events --follow --limit ends by itself, and --follow with an end is refused", async () => {
  const path = await shop();

  expect(fieldsOf("events", path, "--follow", "--limit", "2").map(([position]) => position)).toEqual(["1", "2"]);
  expect(rivulet(["events", path, "--follow", "--reverse"]).code).toBe(2);
});

test("stats counts events, streams and types", async () => {
  const path = await shop();
  const figures = new Map(fieldsOf("stats", path).map((fields) => [fields.slice(0, -1).join(" "), fields.at(-1)]));

  expect(Object.fromEntries(figures)).toMatchObject({
    events: "6",
    streams: "3",
    first: AT,
    newest: "2026-03-01T12:00:03.000Z",
    "type paid": "2",
    "type shipped": "1",
  });
  const parsed = JSON.parse(rivulet(["stats", path, "--json"]).output) as unknown;
  expect(parsed).toMatchObject({ events: 6, types: { ordered: 2, paid: 2, noted: 1, shipped: 1 } });
});

test("the command ends silently when its reader closes the pipe", async () => {
  const path = temporaryPath();
  {
    await using store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
    for (let n = 0; n < 20; n++) {
      await store
        .stream("many")
        .append(Array.from({ length: 1_000 }, () => ({ type: "counted", data: "x".repeat(50) })));
    }
  }

  for (const command of ["events", "export"]) {
    const { code, output, errors } = shell(`rivulet ${command} '${path}' | head -n 1`);
    expect([code, errors], command).toEqual([0, ""]);
    expect(output.split("\n"), command).toHaveLength(2);
  }
});

test("an output that cannot be written is an error", async () => {
  const { code, errors } = shell(`rivulet events '${await shop()}' > /dev/full`);

  expect(code).toBe(3);
  expect(errors).toContain("ENOSPC");
});

test("commands that read refuse a missing or foreign database, and create none", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "empty.db"), "");
  writeFileSync(join(folder, "text.db"), "not a database ".repeat(100));
  mkdirSync(join(folder, "folder.db"));
  const before = readdirSync(folder);

  for (const command of ["streams", "events", "stats", "verify", "export"]) {
    for (const name of ["none.db", "empty.db", "text.db", "folder.db", ":memory:", "no-folder/none.db"]) {
      const { code, output, errors } = rivulet([command, join(folder, name)]);
      expect([code, output], `${command} ${name}`).toEqual([3, ""]);
      expect(errors, `${command} ${name}`).toMatch(/^rivulet: .*(no such file|empty|not a SQLite database|folder)/);
      expect(errors.split("\n"), `${command} ${name}`).toHaveLength(2);
    }
  }

  expect(readdirSync(folder)).toEqual(before);
});

test.each([
  [[], "give a command"],
  [["evnts", "x.db"], 'no command "evnts"'],
  [["events"], "rivulet events <database>"],
  [["events", "a.db", "b.db"], "rivulet events <database>"],
  [["events", "a.db", "--folow"], "--folow"],
  [["events", "a.db", "--limit", "few"], "--limit must be a whole number"],
  [["events", "a.db", "--as-of", "yesterday"], "--as-of must be a time"],
  [["events", "a.db", "--metadata", "via"], "KEY=VALUE"],
  [["events", "a.db", "-m", "n=12345678901234567890"], "would become 12345678901234567000"],
  [["export", "a.db", "-m", "n= 1e400"], "would become Infinity"],
  [["events", "a.db", "-m", "n=1", "-m", "n=2"], 'the key "n" twice'],
  [["import", "a.db", "x.ndjson", "--durability", "none"], "full or normal"],
])("a call that is wrong is told so and does nothing: %j", (args, message) => {
  const { code, output, errors } = rivulet(args);

  expect([code, output]).toEqual([2, ""]);
  expect(errors).toContain(message);
  expect(existsSync("a.db")).toBe(false);
});

test("a name that no event can have is a usage error too", async () => {
  const { code, errors } = rivulet(["events", await shop(), "--stream", ""]);

  expect(code).toBe(2);
  expect(errors).toContain("1 to 255 characters");
});

test("help lists every command, and the help of each command its options", () => {
  const { code, output } = rivulet(["--help"]);
  const commands = [...output.matchAll(/^ {2}([a-z]+) {2}/gm)].map(([, name]) => name as string);

  expect(code).toBe(0);
  expect(commands).toEqual(["streams", "events", "stats", "verify", "export", "import", "copy", "serve", "inspect"]);
  for (const command of commands) {
    const help = rivulet([command, "--help"]);
    expect(help.code, command).toBe(0);
    expect(help.output, command).toMatch(new RegExp(`rivulet ${command} <database>[^]*--`));
    expect(
      help.output.split("\n").filter((line) => line.length > 130),
      command,
    ).toEqual([]);
  }
  expect(rivulet(["--version"]).output).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("reading a database leaves no files beside it", async () => {
  const path = await shop();

  for (const command of ["streams", "events", "stats", "verify", "export"]) rivulet([command, path]);

  expect(readdirSync(dirname(path))).toEqual(["events.db"]);
});
