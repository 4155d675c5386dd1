import Database from "better-sqlite3";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { startFirefox } from "../support/firefox.ts";
import { exportTo, lookAt } from "../support/found-database.ts";
import { changedCopy, makeHostileFiles, makeSoundFile, SOUND_EVENTS } from "../support/hostile-files.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openSite } from "../support/site.ts";
import { PATIENCE, useTabs } from "../support/tabs.ts";
import { temporaryFolder, temporaryPath } from "../support/temporary.ts";

describe.skipIf(mayBeLeftOut("chromium"))("exporting and importing a database", () => {
  const tabs = useTabs();
  const { freshName, openTab, visit } = tabs;

  test("better-sqlite3 reads the same events from the exports of a leader, a follower and a store in memory", async () => {
    const name = freshName();
    const pages = [await openTab(name), await openTab(name), await openTab()];
    await pages[0]?.evaluate(() => window.tab.append("kept", 0, 200));
    await pages[2]?.evaluate(() => window.tab.append("kept", 0, 200));

    for (const page of pages) {
      const path = await exportTo(temporaryFolder(), page);
      expect(lookAt(path).integrity).toBe("ok");
      await using store = await openEventStore(betterSqlite3({ path }));
      const events = await store.read().toArray();
      expect(events.map(({ position, stream, data }) => [position, stream, data])).toEqual(
        await page.evaluate(() => window.tab.read()),
      );
      expect(events).toHaveLength(200);
    }
  });

  test("a file written by better-sqlite3 can be imported; every store that had the old database open ends", async () => {
    const name = freshName();
    const [leader, follower, importer] = [await openTab(name), await openTab(name), await openTab(name)];
    await leader.evaluate(() => window.tab.append("old", 0, 20));
    const before = await leader.evaluate(() => window.tab.export());
    const { lineage } = await leader.evaluate(() => window.tab.info());
    expect((await follower.evaluate(() => window.tab.info())).lineage).toBe(lineage);
    const imported = await databaseWith("new", 5);
    const appending = [leader, follower].map((page) => page.evaluate(() => window.tab.appendUntilRefused("old")));
    await expect.poll(() => importer.evaluate(() => window.tab.seenCount())).toBeGreaterThan(60);

    expect(await importer.evaluate((bytes) => window.tab.import(bytes), imported)).toBe("done");

    expect(await Promise.all(appending)).toEqual(["store-replaced", "store-replaced"]);
    for (const page of [leader, follower, importer]) {
      await expect.poll(() => page.evaluate(() => window.tab.ending())).toBe("store-replaced");
      expect(await page.evaluate(() => window.tab.appendText("late", "?"))).toBe("store-replaced");
    }
    const fresh = await openTab(name);
    expect((await fresh.evaluate(() => window.tab.read())).map(([, stream]) => stream)).toEqual(
      Array.from({ length: 5 }, () => "new"),
    );
    expect(await fresh.evaluate(() => window.tab.append("after", 0, 1))).toEqual([[0, 6]]);

    expect(await fresh.evaluate((bytes) => window.tab.import(bytes), before)).toBe("done");
    const restored = await openTab(name);
    // A restored export is another history: later events are gone.
    const { lineage: renewed } = await restored.evaluate(() => window.tab.info());
    expect([renewed, renewed === lineage]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), false]);
    expect(await restored.evaluate(() => window.tab.read())).toHaveLength(20);
  });

  test("a store that is opened while the database is being replaced waits for the new one", async () => {
    const name = freshName();
    const [leader, importer, late] = [await openTab(name), await openTab(name), await visit()];
    await leader.evaluate(() => window.tab.append("old", 0, 20));
    const imported = await databaseWith("new", 5);
    // The test itself is next in the queue for the lock, so that the replacement has to wait.
    const root = `rivulet/${encodeURIComponent(name)}`;
    const held = late.evaluateHandle(holdNext, root);
    await expect.poll(() => late.evaluate(waitingFor, `${root}/leader`)).toBe(2);

    const importing = importer.evaluate((bytes) => window.tab.import(bytes), imported);
    await expect.poll(() => leader.evaluate(() => window.tab.ending())).toBe("store-replaced");
    const opening = late.evaluate((given) => window.tab.tryOpen({ name: given }), name);
    const hold = await held;
    await expect.poll(() => hold.evaluate((it) => it.told())).toBeGreaterThan(2);
    await hold.evaluate((it) => it.release());

    expect(await importing).toBe("done");
    expect(await opening).toMatchObject({ backend: "opfs" });
    expect(await late.evaluate(() => window.tab.read())).toHaveLength(5);
  });

  test("an unusable file is refused, and nothing changes", async () => {
    const name = freshName();
    const page = await openTab(name);
    await page.evaluate(() => window.tab.append("kept", 0, 20));
    const bad = {
      garbage: ["storage-format", Buffer.from("this is no database at all".repeat(200)).toString("base64")],
      empty: ["storage-format", ""],
      foreign: ["storage-format", foreignDatabase()],
      damaged: ["storage-corrupt", await damagedDatabase()],
      lossy: ["storage-corrupt", await databaseWith("new", 5, `UPDATE events SET data = '{"n":1,"n":2}'`)],
      gapped: ["storage-corrupt", await databaseWith("new", 5, "DELETE FROM events WHERE position = 2")],
      newer: ["storage-format", await databaseWith("new", 5, "PRAGMA user_version = 99")],
    };

    for (const [what, [code, bytes]] of Object.entries(bad)) {
      const found = await page.evaluate((given) => window.tab.import(given as string), bytes);
      expect([what, found]).toEqual([what, code]);
    }

    expect(await page.evaluate(() => window.tab.read())).toHaveLength(20);
    expect(await page.evaluate(() => window.tab.append("kept", 20, 1))).toEqual([[20, 21]]);
    expect(await page.evaluate(() => window.tab.ending())).toBeUndefined();
  });

  test("anything but a Uint8Array is refused by name, also by a store in memory", async () => {
    for (const page of [await openTab(freshName()), await openTab()]) {
      await page.evaluate(() => window.tab.append("kept", 0, 2));

      const outcomes = await page.evaluate(() => window.tab.importWrong());

      expect(outcomes).toHaveLength(13);
      expect(new Set(outcomes)).toEqual(new Set(["refused: bytes"]));
      expect(await page.evaluate(() => window.tab.append("kept", 2, 1))).toEqual([[2, 3]]);
    }
  });

  test("every manipulated file is refused without a change, and the sound one is imported", PATIENCE, async () => {
    const name = freshName();
    const page = await openTab(name);
    await page.evaluate(() => window.tab.append("kept", 0, 3));
    const files = await makeHostileFiles();
    const found: unknown[] = [];
    for (const { what, path } of files) {
      const bytes = readFileSync(path).toString("base64");
      found.push([what, await page.evaluate((given) => window.tab.import(given), bytes)]);
    }

    expect(found).toEqual(files.map(({ what, code }) => [what, code]));
    expect(await page.evaluate(() => window.tab.read())).toHaveLength(3);
    expect(await page.evaluate(() => window.tab.append("kept", 3, 1))).toEqual([[3, 4]]);
    const sound = readFileSync(changedCopy(await makeSoundFile(), "ANALYZE")).toString("base64");
    expect(await page.evaluate((given) => window.tab.import(given), sound)).toBe("done");
    expect(await (await openTab(name)).evaluate(() => window.tab.read())).toHaveLength(SOUND_EVENTS);
  });

  test("a file without enough room is refused as storage-full, and the old database is complete", async () => {
    const name = freshName();
    const page = await openTab(name);
    await page.evaluate(() => window.tab.append("kept", 0, 20));
    const large = await databaseWith("large", 2_000, undefined, "x".repeat(2_000));
    const { usage = 0 } = await page.evaluate(() => window.tab.info());
    const devtools = await tabs.browser.context.newCDPSession(page);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin: tabs.site.origin, quotaSize: usage + 100_000 });

    expect(await page.evaluate((bytes) => window.tab.import(bytes), large)).toBe("storage-full");

    await devtools.send("Storage.overrideQuotaForOrigin", { origin: tabs.site.origin });
    const fresh = await openTab(name);
    expect(await fresh.evaluate(() => window.tab.read())).toHaveLength(20);
    expect(await fresh.evaluate((bytes) => window.tab.import(bytes), large)).toBe("done");
    const last = await openTab(name);
    await expect.poll(() => last.evaluate(() => window.tab.seenCount())).toBe(2_000);
  });

  test("destroying a database leaves nothing, ends every store on it, and frees the name", async () => {
    const name = freshName();
    const [one, two] = [await openTab(name), await openTab(name)];
    await one.evaluate(() => window.tab.append("old", 0, 20));

    expect(await two.evaluate(() => window.tab.destroy())).toBe("done");

    for (const page of [one, two]) {
      await expect.poll(() => page.evaluate(() => window.tab.ending())).toBe("store-replaced");
    }
    const folders = await one.evaluate(async () => {
      const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("rivulet");
      const found: string[] = [];
      for await (const folder of (root as unknown as { keys(): AsyncIterable<string> }).keys()) found.push(folder);
      return found;
    });
    expect(folders).not.toContain(encodeURIComponent(name));
    const fresh = await openTab(name);
    expect(await fresh.evaluate(() => window.tab.append("new", 0, 1))).toEqual([[0, 1]]);
  });
});

describe.skipIf(mayBeLeftOut("firefox"))("in Firefox, a database with a file imported over it", PATIENCE, () => {
  test("is left as it was by a manipulated file, and replaced by a sound one", async () => {
    // The checks are those of Chromium: what differs are the files of the browser.
    const files = (await makeHostileFiles()).filter((_, index) => index % 5 === 0);
    const base64 = (path: string): string => readFileSync(path).toString("base64");
    const prepared = { manipulated: files.map(({ path }) => base64(path)), sound: base64(await makeSoundFile()) };
    const site = await openSite({ pages: ["manipulated"] });
    onTestFinished(() => site.close());
    site.answer = (path) => (path === "/files.json" ? { body: JSON.stringify(prepared) } : undefined);
    const firefox = startFirefox(site.url("manipulated"));
    onTestFinished(() => firefox.close());

    const found = JSON.parse(await Promise.race([site.posted("/found"), firefox.ended])) as unknown;

    expect(found).toEqual({
      outcomes: files.map(({ code }) => code),
      kept: 3,
      appended: [[3, 4]],
      imported: "done",
      after: SOUND_EVENTS,
    });
  });
});

/** Runs in a page: counts the requests that wait for a lock. */
async function waitingFor(lock: string): Promise<number> {
  const { pending = [] } = await navigator.locks.query();
  return pending.filter(({ name }) => name === lock).length;
}

/** Runs in a page: waits for the leader's lock and keeps it; counts the announcements that the database is replaced. */
async function holdNext(root: string): Promise<{ told(): number; release(): void }> {
  let told = 0;
  let release = (): void => undefined;
  new BroadcastChannel(root).addEventListener("message", ({ data }) => {
    if ("replaced" in (data as object)) told += 1;
  });
  await new Promise<void>((resolve, reject) => {
    const leading = navigator.locks.request(`${root}/leader`, () => {
      resolve();
      return new Promise<void>((done) => (release = done));
    });
    leading.catch(reject);
  });
  return { told: () => told, release: () => release() };
}

/** A database of rivulet with this many events, after a change to it. */
async function databaseWith(stream: string, count: number, sql?: string, text?: string): Promise<string> {
  const path = temporaryPath();
  const store = await openEventStore(betterSqlite3({ path }));
  await store
    .stream(stream)
    .append(Array.from({ length: count }, (_, data) => ({ type: "counted", data: text ?? data })));
  await store.close();
  const raw = new Database(path);
  if (sql !== undefined) raw.exec(sql);
  raw.pragma("wal_checkpoint(TRUNCATE)");
  raw.close();
  return readFileSync(path).toString("base64");
}

async function damagedDatabase(): Promise<string> {
  const bytes = Buffer.from(await databaseWith("new", 2000), "base64");
  bytes.fill(7, 4096 * 20, 4096 * 24);
  return bytes.toString("base64");
}

function foreignDatabase(): string {
  const path = temporaryPath();
  const raw = new Database(path);
  raw.exec("CREATE TABLE theirs (a)");
  raw.close();
  return readFileSync(path).toString("base64");
}
