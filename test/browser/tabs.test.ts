import Database from "better-sqlite3";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { exportTo } from "../support/found-database.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { PATIENCE, countTo, seesAll, useTabs } from "../support/tabs.ts";
import { temporaryFolder } from "../support/temporary.ts";

/** The keys of metadata by which the database of a tab has indexed all events. */
async function keysOf(page: Page): Promise<unknown[]> {
  const database = new Database(await exportTo(temporaryFolder(), page), { readonly: true });
  try {
    return database.prepare("SELECT key FROM indexed_metadata WHERE after = 0 ORDER BY key").pluck().all();
  } finally {
    database.close();
  }
}

/**
 * How often the leader is closed in a row: four times in each of six ways. What the default options of the pool lose is found by the
 * test of a worker that waits for files, every time.
 */
const HAND_OVERS = 24;

describe.skipIf(mayBeLeftOut("chromium"))("tabs of one store", PATIENCE, () => {
  const tabs = useTabs();
  const { freshName, openTab, visit } = tabs;

  test("two tabs append, and each sees the events of both in order, each once", async () => {
    const name = freshName();
    const [one, two] = [await openTab(name), await openTab(name)];

    await Promise.all([
      one.evaluate(() => window.tab.append("one", 0, 50)),
      two.evaluate(() => window.tab.append("two", 0, 50)),
    ]);

    for (const page of [one, two]) {
      await seesAll(page, 100);
      const seen = await page.evaluate(() => window.tab.seen());
      for (const stream of ["one", "two"]) {
        expect(seen.filter((event) => event[1] === stream).map(([, , data]) => data)).toEqual(countTo(50));
      }
    }
    expect(await one.evaluate(() => window.tab.info())).toMatchObject({ role: "leader", backend: "opfs" });
    expect(await two.evaluate(() => window.tab.info())).toMatchObject({ role: "follower", backend: "opfs" });
  });

  test("the leader is closed during another tab's appends: each is stored once, and every watcher sees it", async () => {
    const name = freshName();
    const leader = await openTab(name);
    const [writer, watcher] = [await openTab(name), await openTab(name)];

    const together = writer.evaluate(() => window.tab.appendTogether("together", 0, 50));
    const appended = writer.evaluate(() => window.tab.append("counted", 0, 100));
    await expect.poll(() => watcher.evaluate(() => window.tab.seenCount())).toBeGreaterThan(60);
    await leader.close();
    const acknowledged = await appended;

    expect(new Set(await together).size).toBe(50);
    for (const page of [writer, watcher]) await seesAll(page, 150);
    const stored = await watcher.evaluate(() => window.tab.read());
    expect(stored).toEqual(await watcher.evaluate(() => window.tab.seen()));
    expect(stored.filter((event) => event[1] === "counted").map(([position, , data]) => [data, position])).toEqual(
      acknowledged,
    );
    const roles = [await writer.evaluate(() => window.tab.info()), await watcher.evaluate(() => window.tab.info())];
    expect(roles.map(({ role }) => role).sort()).toEqual(["follower", "leader"]);
  });

  test("appends that are not awaited commit in the order of the calls, also across a take-over", async () => {
    const name = freshName();
    const leader = await openTab(name);
    const [writer, watcher] = [await openTab(name), await openTab(name)];

    const appended = writer.evaluate(() => window.tab.appendUnawaited("counted", 300));
    await expect.poll(() => watcher.evaluate(() => window.tab.seenCount())).toBeGreaterThan(30);
    await leader.close();

    expect(await appended).toEqual(countTo(300).map((index) => index + 1));
    await seesAll(watcher, 300);
    expect((await watcher.evaluate(() => window.tab.seen())).map(([, , data]) => data)).toEqual(countTo(300));
  });

  test("the database has the keys of metadata of all tabs that have led, and every tab finds all events", async () => {
    const name = freshName();
    const one = await openTab(name, { indexedMetadata: ["user"] });
    const two = await openTab(name, { indexedMetadata: ["region"] });
    const alone = await openTab(undefined, { indexedMetadata: ["user", "user"] });
    const users = Array.from({ length: 100 }, (_, index) => `user ${index % 10}`);
    await one.evaluate((of) => window.tab.appendOf(of, "north"), users);
    await two.evaluate(() => window.tab.appendOf(["user 3"], "south"));
    await alone.evaluate((of) => window.tab.appendOf(of, "north"), users);
    const foundBy = async (page: Page): Promise<readonly number[]> => [
      (await page.evaluate(() => window.tab.readOf({ user: "user 3" }))).length,
      (await page.evaluate(() => window.tab.readOf({ region: "south" }))).length,
    ];

    expect(await Promise.all([one, two, alone].map(keysOf))).toEqual([["user"], ["user"], ["user"]]);
    expect(await Promise.all([one, two].map(foundBy))).toEqual([
      [11, 1],
      [11, 1],
    ]);
    await one.close();
    await expect.poll(() => two.evaluate(() => window.tab.roles())).toEqual(["leader"]);
    await two.evaluate(() => window.tab.appendOf(["user 3", "user 4"], "south"));
    expect(await keysOf(two)).toEqual(["region", "user"]);
    expect(await foundBy(two)).toEqual([12, 3]);
    // Also where another tab leads.
    for (const store of [freshName(), name]) {
      const wrong = { name: store, indexedMetadata: "user" as never };
      expect(await (await visit()).evaluate((given) => window.tab.tryOpen(given), wrong)).toMatchObject({
        code: "invalid-argument",
        details: { argument: "indexedMetadata" },
      });
    }
  });

  test("the next tab in the queue becomes the leader, and its store reports so", async () => {
    const name = freshName();
    const [one, two] = [await openTab(name), await openTab(name)];
    expect(await one.evaluate(() => window.tab.roles())).toEqual([]);

    await one.evaluate(() => window.tab.close());

    await expect.poll(() => two.evaluate(() => window.tab.roles())).toEqual(["leader"]);
    expect(await two.evaluate(() => window.tab.info())).toMatchObject({ role: "leader" });
  });

  test("an error thrown by a listener of the role is uncaught in the page; the next listener is called, and the store continues", async () => {
    const name = freshName();
    const [one, two] = [await openTab(name), await openTab(name)];
    expect(new Set(await two.evaluate(() => window.tab.listenWrong()))).toEqual(new Set(["refused: listener"]));
    const thrown: string[] = [];
    two.on("pageerror", ({ message }) => thrown.push(message));
    await two.evaluate(() => window.tab.listenBadly());

    await one.evaluate(() => window.tab.close());

    await expect.poll(() => two.evaluate(() => window.tab.rolesBeyond())).toEqual(["leader"]);
    await expect.poll(() => thrown).toEqual(["the listener broke at leader"]);
    expect(await two.evaluate(() => window.tab.append("kept", 0, 1))).toEqual([[0, 1]]);
    expect(await two.evaluate(() => window.tab.info())).toMatchObject({ role: "leader" });
  });

  test("a leader and a follower that reload repeatedly lose nothing", async () => {
    const name = freshName();
    const [one, two] = [await openTab(name), await openTab(name)];
    await two.evaluate(() => window.tab.append("kept", 0, 10));

    for (const page of [one, two, one, two]) {
      await page.reload();
      await page.reload();
      await page.evaluate((args) => window.tab.open(...args), [{ name }, true] as const);
    }

    await one.evaluate(() => window.tab.append("kept", 10, 10));
    for (const page of [one, two]) await seesAll(page, 20);
  });

  test("ten tabs that open at once, each with a watcher, all open and see every event", async () => {
    const name = freshName();
    const pages = await Promise.all(Array.from({ length: 10 }, () => visit()));
    await Promise.all(pages.map((page) => page.evaluate((options) => window.tab.open(options), { name })));

    await Promise.all(
      pages.map((page, index) => page.evaluate((args) => window.tab.append(...args), [`s-${index}`, 0, 5] as const)),
    );

    const all = await Promise.all(
      pages.map(async (page) => {
        await seesAll(page, 50);
        return page.evaluate(() => window.tab.seen());
      }),
    );
    for (const seen of all) expect(seen).toEqual(all[0]);
    const infos = await Promise.all(pages.map((page) => page.evaluate(() => window.tab.info())));
    expect(infos.filter(({ role }) => role === "leader")).toHaveLength(1);
  });

  test("a leader's process crashes during another tab's appends: each is stored once", async () => {
    const name = freshName();
    const leader = await openTab(name);
    // A window without an opener gets its own process.
    const writer = await openTab(name);
    const appended = writer.evaluate(() => window.tab.append("counted", 0, 100));
    await expect.poll(() => leader.evaluate(() => window.tab.seenCount())).toBeGreaterThan(10);

    const crashed = leader.waitForEvent("crash");
    leader.goto("chrome://crash").catch(() => undefined);
    await crashed;
    const acknowledged = await appended;

    await seesAll(writer, 100);
    const stored = await writer.evaluate(() => window.tab.read());
    expect(stored.map(([position, , data]) => [data, position])).toEqual(acknowledged);
  });

  test("a page whose worker has ended starts another and continues", async () => {
    const name = freshName();
    const page = await visit();
    await page.evaluate((args) => window.tab.openWithWorker(...args), [{ name }, tabs.site.asset("worker")] as const);
    await page.evaluate(() => window.tab.append("before", 0, 5));

    const appended = page.evaluate(() => window.tab.append("meanwhile", 0, 50));
    await expect.poll(() => page.evaluate(() => window.tab.seenCount())).toBeGreaterThan(10);
    await page.evaluate(() => window.tab.endWorker());

    expect(await appended).toHaveLength(50);
    await seesAll(page, 55);
    await expect.poll(() => page.evaluate(() => window.tab.workers())).toBe(2);
  });

  test(`${HAND_OVERS} take-overs in a row lose nothing`, async () => {
    const name = freshName();
    let leader = await openTab(name, { watch: false });
    const positions: number[] = [];

    for (let round = 0; round < HAND_OVERS; round++) {
      const next = await visit();
      const opening = next.evaluate((args) => window.tab.open(...args), [{ name }, false] as const);
      // Every second tab opens while the leader is closing.
      if (round % 2 === 0) await opening;
      const appended = opening.then(() => next.evaluate((from) => window.tab.append("kept", from, 3), round * 3));
      // In turn: by closing the store, by closing the page, and by leaving it.
      if (round % 3 === 0) await leader.evaluate(() => window.tab.close());
      if (round % 3 === 2) await leader.goto("about:blank");
      if (round % 3 !== 0) await leader.close();
      positions.push(...(await appended).map(([, position]) => position));
      if (round % 3 === 0) await leader.close();
      leader = next;
    }

    expect(positions).toEqual(countTo(HAND_OVERS * 3).map((index) => index + 1));
    const stored = await leader.evaluate(() => window.tab.read());
    expect(stored.map(([, , data]) => data)).toEqual(countTo(HAND_OVERS * 3));
  });
});
