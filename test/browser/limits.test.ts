import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { changedBuild } from "../support/changed-build.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { seesAll, useTabs } from "../support/tabs.ts";

/** A build with shorter timeouts, long enough for a busy machine. */
const IMPATIENT = changedBuild({
  "pool.js": [/LONGEST_WAIT = [\d_]+/, "LONGEST_WAIT = 300"],
  "storage.js": [
    /LONGEST_OPENING = [\d_]+;([^]*)LONGEST_TROUBLE_OPENING = [\d_]+/,
    "LONGEST_OPENING = 8_000;$1LONGEST_TROUBLE_OPENING = 500",
  ],
  "worker-loading.js": [/LONGEST_LOADING = [\d_]+/, "LONGEST_LOADING = 4_000"],
  "sqlite.js": [/LONGEST_LOADING = [\d_]+/, "LONGEST_LOADING = 1_000"],
});

/** The timeout of a build that gets no answer. */
const SILENCE = new Promise<never>(() => undefined);

describe.skipIf(mayBeLeftOut("chromium"))("a store that waits in vain", () => {
  const tabs = useTabs({ config: IMPATIENT, hiding: true });
  const { freshName, openTab, visit } = tabs;

  test("files that are held too long by another worker cause an error that says so; once they are free, nothing is lost", async () => {
    const name = freshName();
    const before = await openTab(name);
    await before.evaluate(() => window.tab.append("kept", 0, 10));
    await before.evaluate(() => window.tab.close());
    await before.evaluate((store) => window.holdPoolFiles(store).then(() => undefined), name);

    const page = await visit();
    expect(await page.evaluate((options) => window.tab.tryOpen(options), { name })).toMatchObject({
      code: "storage-unavailable",
      details: { reason: "files" },
      message: expect.stringMatching(/could not be opened for 300 ms/),
    });

    await before.close();
    await page.evaluate((options) => window.tab.open(options), { name });
    await seesAll(page, 10);
  });

  test("a leader that does not answer causes an error that says so; once it is gone, the store opens", async () => {
    const name = freshName();
    const silent = await leadSilently(name);
    // The time during which a page is put away does not count.
    const away = await visit();
    await away.evaluate(
      (options) => {
        Object.assign(globalThis, { opening: window.tab.open(options) });
      },
      { name },
    );
    const page = await visit();
    await page.bringToFront();
    const devtools = await tabs.browser.context.newCDPSession(away);
    await devtools.send("Page.setWebLifecycleState", { state: "frozen" });

    expect(await page.evaluate((options) => window.tab.tryOpen(options), { name })).toMatchObject({
      code: "storage-unavailable",
      details: { reason: "no-answer" },
      message: expect.stringMatching(/has not answered for 8000 ms/),
    });

    await silent.close();
    await page.evaluate((options) => window.tab.open(options), { name });
    expect(await page.evaluate(() => window.tab.append("first", 0, 1))).toEqual([[0, 1]]);
    await devtools.send("Page.setWebLifecycleState", { state: "active" });
    await away.evaluate(() => (globalThis as unknown as { opening: Promise<void> }).opening);
    await seesAll(away, 1);
  });

  /** Takes the leader's lock, and then does nothing. */
  async function leadSilently(name: string): Promise<Page> {
    const page = await visit();
    const lead = (lock: string): Promise<void> =>
      new Promise((resolve, reject) => {
        navigator.locks.request(lock, () => new Promise(() => resolve())).catch(reject);
      });
    await page.evaluate(lead, `rivulet/${encodeURIComponent(name)}/leader`);
    return page;
  }

  test("a tab that cannot open the files when it becomes the leader gets the reason, and the next one takes over", async () => {
    const name = freshName();
    const leader = await openTab(name);
    // From now on requests for the worker's files get no answer.
    const address = tabs.site.asset("worker");
    tabs.site.answer = (path) => {
      if (!address.endsWith(path)) return undefined;
      const refusal = `FileSystemFileHandle.prototype.createSyncAccessHandle = async () => {
        throw new DOMException("held", "NoModificationAllowedError");
      };`;
      const file = tabs.site.file(path);
      return { ...file, body: `${refusal}\n${String(file.body)}` };
    };
    const unable = await openTab(name);
    await expect.poll(() => waitingFor(name)).toBe(1);
    tabs.site.answer = undefined;
    const able = await openTab(name);
    await able.evaluate(() => window.tab.append("kept", 0, 10));
    await expect.poll(() => waitingFor(name)).toBe(2);

    await leader.close();

    expect(await able.evaluate(() => window.tab.append("kept", 10, 10))).toHaveLength(10);
    await seesAll(able, 20);
    expect(await able.evaluate(() => window.tab.info())).toMatchObject({ role: "leader" });
    await expect.poll(() => unable.evaluate(() => window.tab.ending())).toBe("storage-unavailable");
    expect(await unable.evaluate(() => window.tab.appendText("late", "?"))).toBe("storage-unavailable");

    /** Counts the workers that wait for the leader's lock. */
    async function waitingFor(store: string): Promise<number> {
      const lock = `rivulet/${encodeURIComponent(store)}/leader`;
      const pending = await leader.evaluate(async () => (await navigator.locks.query()).pending ?? []);
      return pending.filter((waiting) => waiting.name === lock).length;
    }
  });

  // The worker comes last, because Chromium delays other requests for a file that is still loading.
  test.each(["sqlite3", "worker"])(
    "a file (%s) that the server never sends causes an error, not a hang",
    async (file) => {
      const address = tabs.site.asset(file);
      tabs.site.answer = (path) => (address.endsWith(path) ? SILENCE : undefined);
      const page = await visit();

      const attempts = [{ name: freshName() }, {}].map((options) =>
        page.evaluate((given) => window.tab.tryOpen(given), options),
      );
      for (const found of await Promise.all(attempts)) {
        expect(found).toMatchObject({
          code: "storage-unavailable",
          details: { reason: file === "worker" ? "worker-not-loaded" : "wasm-not-loaded" },
          message: expect.stringContaining(file === "worker" ? address : "sqlite3.wasm"),
        });
      }
    },
  );
});
