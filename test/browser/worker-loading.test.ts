import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { changedBuild } from "../support/changed-build.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { PATIENCE, countTo, openKeeping, seesAll, useTabs } from "../support/tabs.ts";

/** A build with short timeouts, still long enough to load a worker on a busy machine. */
const IMPATIENT = changedBuild({ "storage.js": [/LONGEST_TROUBLE = [\d_]+/, "LONGEST_TROUBLE = 5_000"] });

const FILES = ["worker", "sqlite3"] as const;

describe.skipIf(mayBeLeftOut("chromium"))("a worker whose files the server does not send", PATIENCE, () => {
  const tabs = useTabs({ config: IMPATIENT });
  const { freshName, openTab } = tabs;

  /**
   * From now on these files are missing, as during an outage, after a deployment or without a network. Returns how
   * often each was requested.
   */
  function refuse(...files: readonly (typeof FILES)[number][]): Record<string, number> {
    const asked: Record<string, number> = {};
    tabs.site.answer = (path) => {
      const file = files.find((name) => tabs.site.asset(name).endsWith(path));
      if (file === undefined) return undefined;
      asked[file] = (asked[file] ?? 0) + 1;
      return { status: 503, body: "not now" };
    };
    return asked;
  }

  /** From now on a worker does not answer appends of this many events, and its script cannot be kept in memory. */
  function muteAppendsOf(count: number): void {
    const address = tabs.site.asset("worker");
    tabs.site.answer = (path, headers) => {
      if (!address.endsWith(path)) return undefined;
      if (headers["sec-fetch-dest"] !== "worker") return { status: 503, body: "no copy" };
      const mute = `const { prototype } = BroadcastChannel;
      const post = prototype.postMessage;
      prototype.postMessage = function (message) {
        if (message.answer?.length !== ${count}) post.call(this, message);
      };`;
      const file = tabs.site.file(path);
      return { ...file, body: `${mute}\n${String(file.body)}` };
    };
  }

  async function waitingWorkers(page: Page, name: string): Promise<number> {
    const lock = `rivulet/${encodeURIComponent(name)}/leader`;
    const pending = await page.evaluate(async () => (await navigator.locks.query()).pending ?? []);
    return pending.filter((waiting) => waiting.name === lock).length;
  }

  const backOnline = (page: Page): Promise<boolean> => page.evaluate(() => dispatchEvent(new Event("online")));

  test.each(FILES)(
    "(%s) does not keep a tab from using a leader in another tab, and the tab takes over once it has a worker",
    async (file) => {
      const name = freshName();
      const leader = await openTab(name);
      await leader.evaluate(() => window.tab.append("before", 0, 5));

      const asked = refuse(file);
      const follower = await openTab(name);
      await expect.poll(() => asked[file]).toBeGreaterThan(2);
      expect(await follower.evaluate(() => window.tab.append("meanwhile", 0, 5))).toHaveLength(5);
      await seesAll(follower, 10);

      tabs.site.answer = undefined;
      await backOnline(follower);
      await expect
        .poll(async () => follower.evaluate(async () => (await navigator.locks.query()).pending?.length))
        .toBeGreaterThan(0);
      await leader.close();
      expect(await follower.evaluate(() => window.tab.append("after", 0, 5))).toHaveLength(5);
      expect(await follower.evaluate(() => window.tab.info())).toMatchObject({ role: "leader" });
      await seesAll(follower, 15);
    },
  );

  test.each(FILES)("(%s) for a moment only delays a store that is being opened", async (file) => {
    const name = freshName();
    const address = tabs.site.asset(file);
    // One attempt requests SQLite's file up to three times.
    let refusals = file === "worker" ? 2 : 5;
    tabs.site.answer = (path) =>
      address.endsWith(path) && refusals-- > 0 ? { status: 503, body: "not now" } : undefined;

    const page = await openTab(name);

    expect(await page.evaluate(() => window.tab.append("first", 0, 1))).toEqual([[0, 1]]);
    expect(await page.evaluate(() => window.tab.info())).toMatchObject({ backend: "opfs", role: "leader" });
  });

  test("is not requested again by a page whose worker has ended", async () => {
    const name = freshName();
    const page = await openKeeping(tabs, name);
    await page.evaluate(() => window.tab.append("before", 0, 5));

    const asked = refuse(...FILES);
    await page.evaluate(() => window.tab.endWorker());

    expect(await page.evaluate(() => window.tab.append("after", 0, 5))).toHaveLength(5);
    await seesAll(page, 10);
    expect(asked).toEqual({});
  });

  test("is requested again if a policy forbids keeping it", async () => {
    tabs.site.answer = (path) =>
      path === "/tabs.html" ? tabs.site.file(path, { "content-security-policy": "worker-src 'self'" }) : undefined;
    const name = freshName();
    const page = await openKeeping(tabs, name);

    for (let ended = 0; ended < 3; ended++) {
      await page.evaluate(() => window.tab.endWorker());
      expect(await page.evaluate((from) => window.tab.append("kept", from, 2), ended * 2)).toHaveLength(2);
    }
    await seesAll(page, 6);
  });

  test("a standby worker that ends repeatedly and starts again is no failure of the store", async () => {
    const name = freshName();
    const leader = await openTab(name);
    const follower = await openTab(name);

    for (let ended = 1; ended <= 6; ended++) {
      await expect.poll(() => waitingWorkers(leader, name)).toBe(1);
      await follower.evaluate(() => window.tab.endWorker());
      await expect.poll(() => follower.evaluate(() => window.tab.workers())).toBe(ended + 1);
      await backOnline(follower);
    }

    await leader.close();
    expect(await follower.evaluate(() => window.tab.append("after", 0, 5))).toHaveLength(5);
  });

  test("and no leader: appends that were sent have an unknown outcome, others are not stored, and later calls succeed", async () => {
    muteAppendsOf(16);
    const name = freshName();
    const leader = await openTab(name);
    refuse("worker");
    const follower = await openTab(name);
    await follower.evaluate(() => window.tab.append("before", 0, 5));

    const sent = follower.evaluate(() => window.tab.appendKnown("sent", 16));
    await expect.poll(() => leader.evaluate(() => window.tab.seenCount())).toBe(21);
    await leader.close();

    expect(await sent).toEqual(countTo(16).map((index) => `outcome-unknown sent-${index}`));
    expect(await follower.evaluate(() => window.tab.appendText("unsent", "?"))).toBe("storage-unavailable");
    expect(await follower.evaluate(() => window.tab.readCode())).toBe("storage-unavailable");
    expect(await follower.evaluate(() => window.tab.ending())).toBe(undefined);

    tabs.site.answer = undefined;
    // Only the next call starts another attempt.
    expect(await follower.evaluate(() => window.tab.appendKnown("sent", 16))).toEqual(countTo(16).map(() => "done"));
    await seesAll(follower, 21);
    const stored = await follower.evaluate(() => window.tab.read());
    expect(stored.filter(([, stream]) => stream === "sent").map(([, , data]) => data)).toEqual(countTo(16));
    expect(stored.some(([, stream]) => stream === "unsent")).toBe(false);
  });
});
