import Database from "better-sqlite3";
import { chmodSync } from "node:fs";
import { request } from "node:http";
import { openEventStore } from "rivulet";
import { MIGRATIONS } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { inspectStore } from "rivulet/inspection";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { expect, onTestFinished, test } from "vitest";
import type { Child } from "../support/child.ts";
import { rivulet, startRivulet } from "../support/command-line.ts";
import { fileState } from "../support/file-state.ts";
import { openInspected } from "../support/inspected-store.ts";
import { backToFormat } from "../support/older-format.ts";
import { failure } from "../support/outcome.ts";
import { temporaryPath } from "../support/temporary.ts";

const names = table("names", "name TEXT PRIMARY KEY");
const people = defineReadModel({
  name: "people",
  tables: [names],
  on: { named: ({ data }) => sql`INSERT INTO ${names} VALUES (${data as string})` },
});

test("nothing is answered without the token, to another host name, or to the page of another site", async () => {
  const { url } = await inspect(await filled());
  const { origin, port, pathname } = new URL(url);
  const own = { host: `127.0.0.1:${port}` };
  const token = pathname.slice(1, -1);
  expect(token.length).toBeGreaterThanOrEqual(32);

  for (const [path, headers, method, status] of [
    [pathname, own, "GET", 200],
    [`${pathname}page.js`, own, "GET", 200],
    [pathname, { host: `localhost:${port}` }, "GET", 200],
    [pathname, { ...own, origin }, "GET", 200],
    ["/", own, "GET", 403],
    ["/page.js", own, "GET", 403],
    [`/${token.slice(0, -1)}/`, own, "GET", 403],
    [`/${"x".repeat(token.length)}/`, own, "GET", 403],
    [`/${"x".repeat(token.length)}/events`, own, "GET", 403],
    [`/${"x".repeat(token.length)}/send?connection=1`, own, "POST", 403],
    [pathname, { host: "evil.example" }, "GET", 403],
    [pathname, { host: `evil.example:${port}` }, "GET", 403],
    [`${pathname}events`, { host: `127.0.0.1.evil.example:${port}` }, "GET", 403],
    [pathname, { ...own, origin: "https://evil.example" }, "GET", 403],
    [`${pathname}send?connection=1`, { ...own, origin: "null" }, "POST", 403],
    [`${pathname}send?connection=1`, { ...own, origin: "https://evil.example" }, "OPTIONS", 403],
    [`${pathname}send?connection=1`, own, "POST", 410],
    [`${pathname}../page.js`, own, "GET", 403],
    [`${pathname}%2e%2e%2fpackage.json`, own, "GET", 404],
    [`${pathname}run-page.js`, own, "GET", 404],
  ] as const) {
    const answer = await ask(port, path, headers, method);
    expect([answer.status, answer.cors], `${method} ${path} ${JSON.stringify(headers)}`).toEqual([status, undefined]);
  }
});

test("whatever a client sends, a file is only shown: every call that writes is refused", async () => {
  const path = await filled();
  const before = fileState(path);
  const { child, url } = await inspect(path);
  const store = await openInspected(url);
  const refused = async (call: Promise<unknown>): Promise<void> => {
    expect((await failure(call, "storage-unavailable")).details).toEqual({ reason: "read-only" });
  };

  expect((await store.read().toArray()).map(({ type }) => type)).toEqual(["named"]);
  expect((await inspectStore(store).query("SELECT name FROM names")).rows).toEqual([["Ada"]]);
  await refused(store.stream("person-1").append({ type: "named", data: "Bo" }));
  await refused(store.readModel(people));
  await refused(store.stream("person-1").saveSnapshot({ projection: "p", version: 1, state: 1 }));
  await refused(store.consume(defineConsumer({ name: "c", handler: () => undefined })).ended);
  child.interrupt("SIGINT");
  await child.ended;
  expect(fileState(path)).toEqual(before);
});

test("a file of an older format is refused with the way out, unchanged; --write upgrades and shows it", async () => {
  const path = await filled();
  change(path, (database) => backToFormat(database, 5));
  const before = fileState(path);

  const asked = startRivulet("inspect", path);
  onTestFinished(() => asked.kill());
  const refused = await asked.ended;
  expect([refused.code, refused.lines]).toEqual([3, []]);
  expect(refused.errors).toContain(`${path}: it has format 5, and only format ${MIGRATIONS.length} is shown`);
  expect(refused.errors).toContain("--write");
  expect(fileState(path)).toEqual(before);

  const { url } = await inspect(path, "--write");
  const store = await openInspected(url);
  expect((await store.info()).formatVersion).toBe(MIGRATIONS.length);
  expect(await store.head()).toBe(1);
});

test("a file as a browser exports it, which may not be written either, is shown and stays as it was", async () => {
  const path = await filled();
  change(path, (database) => database.pragma("journal_mode = delete"));
  chmodSync(path, 0o444);
  const before = fileState(path);
  const { child, url } = await inspect(path);
  const store = await openInspected(url);

  expect((await store.read().toArray()).map(({ type }) => type)).toEqual(["named"]);
  const inspection = inspectStore(store);
  expect((await inspection.query("SELECT name FROM names")).rows).toEqual([["Ada"]]);
  // This one may be endless, so it runs in another process.
  const ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n LIMIT 3";
  expect((await inspection.query(ENDLESS)).rows).toEqual([[1], [2], [3]]);
  child.interrupt("SIGINT");
  await child.ended;
  expect(fileState(path)).toEqual(before);
});

test("what another process appends to a file is shown", async () => {
  const path = await filled();
  const store = await openInspected((await inspect(path)).url);
  const seen = store.watch({ after: 1 })[Symbol.asyncIterator]();
  await using other = await openEventStore(betterSqlite3({ path }));
  await other.stream("person-1").append({ type: "named", data: "Bo" });

  expect((await seen.next()).value).toMatchObject({ position: 2, data: "Bo" });
});

test("with --write, events can be appended, and Ctrl-C ends it", async () => {
  const path = await filled();
  const { child, url } = await inspect(path, "--write");
  const store = await openInspected(url);
  await store.stream("person-2").append({ type: "named", data: "Bo" });

  await using local = await openEventStore(betterSqlite3({ path }));
  expect(await local.head()).toBe(2);
  child.interrupt("SIGINT");
  expect((await child.ended).code).toBe(130);
});

test.each([
  [["--port", "http"], 2, `"http" is no port`],
  [["--projections", "./none.js"], 3, "there is no such file"],
  [["--port", "70000"], 2, `"70000" is no port`],
  [[], 3, "there is no such file"],
])("inspect %j of a file that is not there ends with %d", (options, code, message) => {
  const ended = rivulet(["inspect", temporaryPath(), ...options]);

  expect([ended.code, ended.output]).toEqual([code, ""]);
  expect(ended.errors).toContain(message);
});

function change(path: string, work: (database: Database.Database) => void): void {
  const database = new Database(path);
  work(database);
  database.close();
}

async function filled(): Promise<string> {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path }));
  await store.stream("person-1").append({ type: "named", data: "Ada" });
  await (await store.readModel(people)).caughtUp();
  return path;
}

async function inspect(path: string, ...options: readonly string[]): Promise<{ child: Child; url: string }> {
  const child = startRivulet("inspect", path, ...options);
  onTestFinished(() => child.kill());
  const line = await child.line(path);
  return { child, url: line.slice(line.indexOf("http")) };
}

/** `fetch` would not send another host's name. */
function ask(
  port: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  method: string,
): Promise<{ readonly status: number | undefined; readonly cors: unknown }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, headers, method }, (response) => {
      response.destroy();
      resolve({ status: response.statusCode, cors: response.headers["access-control-allow-origin"] });
    });
    sent.on("error", reject);
    sent.end();
  });
}
