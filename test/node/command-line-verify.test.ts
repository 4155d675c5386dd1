import { copyFileSync, openSync, readFileSync, writeFileSync, writeSync, closeSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import Database from "better-sqlite3";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { expect, test } from "vitest";
import { rivulet } from "../support/command-line.ts";
import { tamper } from "../support/damage.ts";
import { ROOT } from "../support/run-node.ts";
import { temporaryFolder, temporaryPath } from "../support/temporary.ts";

/** The length of an SQLite file's header in bytes. */
const HEADER = 100;

const sum = defineProjection({
  name: "sum",
  initial: () => 0,
  on: { counted: (state: number, { data }) => state + (data as number) },
  snapshots: { every: 1, keep: 2 },
});

/** Eight events in two streams, snapshots of one stream and of the whole store, and a read model. */
async function filled(): Promise<string> {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path }), { clock: () => 1_000 });
  const counts = table("counts", "stream TEXT PRIMARY KEY, n INTEGER NOT NULL");
  const add = (stream: string): ReturnType<typeof sql> =>
    sql`INSERT INTO ${counts} VALUES (${stream}, 1) ON CONFLICT (stream) DO UPDATE SET n = n + 1`;
  const model = defineReadModel({ name: "counts", tables: [counts], on: { counted: ({ stream }) => add(stream) } });
  for (let n = 1; n <= 4; n++) {
    await store.stream("odd").append({ type: "counted", data: n });
    await store.stream("even").append({ type: "counted", data: n, metadata: { n } });
    if (n > 2) await store.stream("odd").load(sum);
  }
  await store.load(sum);
  await store.load(sum, { streamPrefix: "ev" });
  await (await store.readModel(model)).caughtUp();
  return path;
}

/** A module as an application would have it, with the projection's handler. */
function projectionModule(handler: string): string {
  const path = join(temporaryFolder(), "projections.mjs");
  const door = pathToFileURL(join(ROOT, "dist/src/projections/index.js")).href;
  const definition = `{ name: "sum", initial: () => 0, on: { counted: ${handler} }, snapshots: { every: 1 } }`;
  writeFileSync(
    path,
    `import { defineProjection } from "${door}";\nexport const sum = defineProjection(${definition});\n`,
  );
  return path;
}

test("verify looks at every stream, however many there are", async () => {
  const path = temporaryPath();
  const store = await openEventStore(betterSqlite3({ path }));
  await store.append(Array.from({ length: 2_000 }, (_, n) => ({ stream: `s-${n}`, events: { type: "noted" } })));
  await store.close();
  expect(rivulet(["verify", path]).errors).toContain("2,000 streams");
  tamper(path, "UPDATE streams SET id = 3000 WHERE name = 's-1500'");

  const { code, output } = rivulet(["verify", path]);

  expect(code).toBe(1);
  expect(output).toContain("s-1500\tit has no events any longer");
});

test("verify reports events that reads by their type would not find", async () => {
  const path = await filled();
  tamper(path, "DELETE FROM event_blocks WHERE term = (SELECT id FROM types WHERE name = 'counted')");

  const { code, output } = rivulet(["verify", path]);

  expect(code).toBe(1);
  expect(output.match(/position \d+\treads by its type do not find it/g)).toHaveLength(8);
});

test("verify finds no problem in a sound database, also with its snapshots replayed, and does not change it", async () => {
  const path = await filled();
  const before = digest(path);

  const plain = rivulet(["verify", path]);
  const replayed = rivulet(["verify", path, "--projections", projectionModule("(state, { data }) => state + data")]);

  expect([plain.code, plain.output]).toEqual([0, ""]);
  expect(plain.errors).toBe("rivulet: nothing wrong: 8 events, 2 streams, 4 snapshots, not replayed\n");
  expect([replayed.code, replayed.output]).toEqual([0, ""]);
  expect(replayed.errors).toBe("rivulet: nothing wrong: 8 events, 2 streams, 4 snapshots, 4 of them replayed\n");
  expect(digest(path)).toBe(before);
});

/** JSON texts that `JSON.parse` accepts but of which it loses a part. */
const LOSSY: readonly (readonly [what: string, json: string, why: string])[] = [
  ["a key twice", '{"n":1,"n":1}', "n: duplicate key"],
  ["a key twice, once escaped", '{"deep":[{"n":1,"\\u006e":2}]}', "deep[0].n: duplicate key"],
  ["a number of too many digits", '{"n":12345678901234567890}', "n: 12345678901234567890 would become "],
  ["a number that is too large", '{"n":1e999}', "n: 1e999 would become "],
  ["a number that is too small", '{"n":1e-999}', "n: 1e-999 would become 0"],
];

test.each<[string, string, string[]]>([
  ["an event is gone", "DELETE FROM events WHERE position = 4", ["event	position 4	missing", "even"]],
  ["several are gone", "DELETE FROM events WHERE position IN (3, 4)", ["event	positions 3 to 4	missing"]],
  ["a version is another", "UPDATE events SET version = 9 WHERE position = 5", ["position 5	it has version 9"]],
  [
    "a time runs backwards",
    "UPDATE events SET timestamp = 999 WHERE position = 5",
    ["position 5	its timestamp 999 is less than"],
  ],
  ["data is not JSON", "UPDATE events SET data = '{' WHERE position = 5", ["position 5	its data is not JSON"]],
  [
    "metadata is no object",
    "UPDATE events SET metadata = '[]' WHERE position = 5",
    ["position 5	its metadata is not"],
  ],
  ["an id is none", "UPDATE events SET id = x'00' WHERE position = 5", ["position 5	its id is none"]],
  ["a schema version is none", "UPDATE events SET type_version = 0 WHERE position = 5", ["its schema version is 0"]],
  ["a type has no name", "DELETE FROM types", ["position 1	its type has lost its name"]],
  ["a stream has no name", "DELETE FROM streams WHERE name = 'odd'", ["position 1	its stream has lost its name"]],
  [
    "the newest stream's events are gone",
    "INSERT INTO streams (name) VALUES ('gone')",
    ["stream	gone	it has no events"],
  ],
  ["the newest events are gone", "DELETE FROM events WHERE position > 6", ["ahead of the events", "read model counts"]],
  ["a snapshot cannot be read", "UPDATE snapshots SET state = 'x' WHERE version = 4", ["snapshot	odd", "is not JSON"]],
  ["a snapshot's stream is gone", "UPDATE snapshots SET stream = 99 WHERE version = 4", ["stream number 99"]],
  [
    "a snapshot is ahead",
    "UPDATE snapshots SET version = 5 WHERE version = 4",
    ["ahead of the events, which end at 4"],
  ],
  ["a checkpoint is ahead", "UPDATE models SET checkpoint = 9", ["checkpoint	read model counts, schema 1"]],
  ["a rebuild is ahead", "UPDATE models SET rebuild = 9", ["checkpoint	rebuild of read model counts, schema 1"]],
  ["a parked event is none", "INSERT INTO parked VALUES ('mail', 9, '', 1, 0)", ["checkpoint	event parked by mail"]],
  ...LOSSY.flatMap(([what, json, why]): [string, string, string[]][] => [
    [
      `data has ${what}`,
      `UPDATE events SET data = '${json}' WHERE position = 5`,
      ["event\tposition 5\tits data is not as rivulet writes it: ", why],
    ],
    [
      `metadata has ${what}`,
      `UPDATE events SET metadata = '${json}' WHERE position = 5`,
      ["event\tposition 5\tits metadata is not as rivulet writes it: ", why],
    ],
    [
      `a snapshot has ${what}`,
      `UPDATE snapshots SET state = '${json}' WHERE version = 4 AND stream <> 0`,
      ["snapshot\todd, projection sum, schema 1, version 4\tits state is not as rivulet writes it: ", why],
    ],
  ]),
  ["a consumer is ahead", "INSERT INTO checkpoints VALUES ('mail', 9)", ["checkpoint	consumer mail"]],
])("verify finds out that %s", async (_what, damage, told) => {
  const path = await filled();
  tamper(path, damage);

  const { code, output, errors } = rivulet(["verify", path]);

  expect(code).toBe(1);
  for (const text of told) expect(output).toContain(text);
  expect(errors).toMatch(/^rivulet: \d+ problems?: /);
});

test("verify reports every problem, not only the first, and as JSON if asked", async () => {
  const path = await filled();
  tamper(path, "UPDATE events SET data = '{' WHERE position IN (2, 5, 8)");

  const { code, output } = rivulet(["verify", path, "--json"]);
  const problems = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { where: string });

  expect(code).toBe(1);
  expect(problems.map(({ where }) => where)).toEqual(["position 2", "position 5", "position 8"]);
});

test("verify reports the damage that SQLite's own check finds", async () => {
  const sound = await filled();
  const pages = readFileSync(sound).length / 4096;
  for (const page of [1, Math.floor(pages / 2), pages - 1]) {
    const path = temporaryPath();
    copyFileSync(sound, path);
    overwrite(path, page * 4096, 2_000);

    const { code, output } = rivulet(["verify", path]);

    expect(code, `page ${page}`).toBe(1);
    expect(output, `page ${page}`).toMatch(/^file\t/m);
  }
});

test("verify finds an index that is damaged, though every event can be read", async () => {
  const path = await filled();
  const database = new Database(path);
  const index = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_events_1'");
  const page = index.pluck().get() as number;
  database.close();
  // The last bytes of a page hold its first entry.
  overwrite(path, page * 4096 - 8, 8);

  const { code, output } = rivulet(["verify", path]);

  expect(code).toBe(1);
  expect(output).toMatch(/^file\tintegrity check\t/);
  expect(output).not.toMatch(/^event/m);
});

test("verify with projections finds every snapshot that differs from the state folded from the events", async () => {
  const path = await filled();
  const module = projectionModule("(state, { data }) => state + data");
  const problems = (): string[] =>
    rivulet(["verify", path, "--projections", module])
      .output.split("\n")
      .slice(0, -1)
      .map((line) => line.split("\t")[1] as string);

  tamper(path, "UPDATE snapshots SET state = '7' WHERE version = 3");
  expect(problems()).toEqual(["odd, projection sum, schema 1, version 3"]);
  tamper(path, "UPDATE snapshots SET state = '7'");
  expect(problems()).toHaveLength(4);

  const throwing = projectionModule("() => { throw new Error('broken') }");
  const { code, output } = rivulet(["verify", path, "--projections", throwing]);
  expect(code).toBe(1);
  expect(output).toContain("it cannot be compared: ");
});

test("verify reports a problem for every file header with which a store cannot be opened", async () => {
  const sound = readFileSync(await filled());
  const notFound: string[] = [];
  let refused = 0;
  for (let at = 0; at < HEADER; at++) {
    for (const value of [0, 3, 255]) {
      const path = temporaryPath();
      const damaged = Uint8Array.from(sound);
      damaged[at] = value;
      writeFileSync(path, damaged);
      if (await opens(path)) continue;
      refused += 1;
      // A store may have changed the file before it gave up.
      writeFileSync(path, damaged);
      const { code, output, errors } = rivulet(["verify", path]);
      if (code === 0 || output + errors === "") notFound.push(`byte ${at} is ${value}`);
      // One of them is enough to show that the byte is checked.
      break;
    }
  }
  expect(notFound).toEqual([]);
  expect(refused).toBeGreaterThan(16);
});

async function opens(path: string): Promise<boolean> {
  try {
    await using store = await openEventStore(betterSqlite3({ path }));
    await store.append([{ stream: "another", events: [{ type: "counted", data: 1 }] }]);
    return true;
  } catch {
    return false;
  }
}

test("a module without projections, or one that cannot be loaded, is reported", async () => {
  const path = await filled();
  const folder = temporaryFolder();
  writeFileSync(join(folder, "none.mjs"), "export const nothing = 1;");
  writeFileSync(join(folder, "wrong.mjs"), "export const = 1;");
  writeFileSync(join(folder, "throwing.mjs"), "throw Object.create(null);");

  for (const [name, message] of [
    ["none.mjs", "exports no projection"],
    ["wrong.mjs", "SyntaxError"],
    ["throwing.mjs", "throwing.mjs cannot be loaded: an unprintable value"],
    ["missing.mjs", "cannot be loaded"],
  ]) {
    const { code, errors } = rivulet(["verify", path, "--projections", join(folder, name as string)]);
    expect([code, errors.includes(message as string)], errors).toEqual([3, true]);
  }
});

function overwrite(path: string, at: number, bytes: number): void {
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(bytes, 0xa5), 0, bytes, at);
  closeSync(file);
}

function digest(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
