import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startFirefox } from "../support/firefox.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { openSite } from "../support/site.ts";
import { countTo, PATIENCE, seesAll, useTabs } from "../support/tabs.ts";
import type { Costs } from "./pages/counting-frames.ts";

/** A page of the database in its log, with the header of a frame (https://sqlite.org/fileformat.html#the_write_ahead_log). */
const FRAME = 4096 + 24;

/** The number of tabs that each send one message while the leader writes. */
const SENDERS = 6;

describe.skipIf(mayBeLeftOut("chromium"))("costs counted in a browser", () => {
  const tabs = useTabs({ pages: ["counting"] });

  /** The first tab is the leader. All are idle before counting starts. */
  async function openTabs(count: number, watch: boolean): Promise<[leader: Page, ...followers: Page[]]> {
    const name = tabs.freshName();
    const pages: Page[] = [];
    for (let index = 0; index < count; index++) {
      const page = await tabs.visit();
      await page.evaluate((args) => window.counting.open(...args), [name, watch] as const);
      pages.push(page);
    }
    const [leader] = pages as [Page];
    await leader.evaluate(() => window.tab.append("counted", 0, 5));
    if (watch) for (const page of pages) await seesAll(page, 5);
    for (const page of pages) await take(page);
    return pages as [Page, ...Page[]];
  }

  const take = (page: Page) => page.evaluate(() => window.counting.take());

  test("an awaited append is one message, one answer, one flush of at most five pages, from any tab", async () => {
    const [leader, follower, bystander] = (await openTabs(3, false)) as [Page, Page, Page];

    for (const page of [leader, follower]) {
      for (let round = 5; round < 25; round++) {
        await page.evaluate((from) => window.tab.append("counted", from, 1), round);

        const { asked } = page === leader ? { asked: ["append"] } : await take(page);
        const worked = await take(leader);
        expect(asked).toEqual(["append"]);
        expect(worked).toMatchObject({ asked: page === leader ? ["append"] : [], said: ["answer"], flushes: 1 });
        expect(worked.written / FRAME).toBeLessThanOrEqual(5);
      }
    }
    // Nobody watches, so no news was sent or requested.
    expect(await take(bystander)).toEqual({ asked: [], said: [], flushes: 0, written: 0 });
  });

  test("appends made in one turn, in any tab, are one message, one answer and one flush", async () => {
    const [leader, follower] = (await openTabs(2, false)) as [Page, Page];

    for (const page of [leader, follower]) {
      await page.evaluate(() => window.tab.appendTogether("together", 0, 200));

      const { asked } = page === leader ? { asked: ["append"] } : await take(page);
      expect(asked).toEqual(["append"]);
      expect(await take(leader)).toMatchObject({ said: ["answer"], flushes: 1 });
    }
  });

  test("whatever is asked for is one message and one answer, from any tab; what is stored at once, one flush", async () => {
    const [leader, follower] = (await openTabs(2, false)) as [Page, Page];
    const operations: readonly [asked: string, flushes: number, run: (page: Page) => Promise<unknown>][] = [
      ["readPage", 0, (page) => page.evaluate(() => window.tab.read())],
      ["append", 1, (page) => page.evaluate(() => window.tab.appendTogether("thousand", 0, 1_000))],
      ["append", 1, (page) => page.evaluate(() => window.tab.appendAtOnce("thousand", 0, 1_000))],
    ];

    for (const [call, flushes, run] of operations) {
      for (const page of [leader, follower]) {
        await run(page);

        const { asked } = page === leader ? { asked: [call] } : await take(page);
        expect(asked).toEqual([call]);
        expect(await take(leader)).toMatchObject({ asked: page === leader ? [call] : [], said: ["answer"], flushes });
      }
    }
  });

  test("appends that other tabs sent while the leader was writing share flushes", async () => {
    const [leader, ...followers] = await openTabs(1 + SENDERS, false);
    let open = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      tabs.site.answer = (path) => {
        if (path !== "/gate") return undefined;
        resolve();
        return new Promise((answer) => (open = () => answer({ body: "" })));
      };
    });
    await leader.evaluate(() => window.counting.hold());
    const first = leader.evaluate(() => window.tab.append("first", 0, 1));
    await asked;

    const others = followers.map((page, index) =>
      page.evaluate((stream) => window.tab.appendTogether(stream, 0, 10), `s-${index}`),
    );
    // Once these calls return, the messages are on their way.
    for (const page of followers) {
      await expect.poll(() => page.evaluate(() => window.counting.asked())).toEqual(["append"]);
    }
    open();
    await first;
    const positions = (await Promise.all(others)).flat();

    expect(positions.sort((a, b) => a - b)).toEqual(countTo(10 * SENDERS).map((index) => index + 7));
    // The first message may be taken alone, because some browsers deliver the others only in later turns.
    const { flushes } = await take(leader);
    console.log(`${SENDERS} messages of other tabs: ${flushes - 1} flushes`);
    expect(flushes - 1).toBeLessThanOrEqual(SENDERS / 2);
  });

  test("each tab that watches gets one message of a batch, and reads one page if the batch is too large for it", async () => {
    const pages = await openTabs(2, true);
    const [leader, follower] = pages as [Page, Page];
    const news = ["news", "news"];
    const answer = "answer";

    await leader.evaluate(() => window.tab.appendAtOnce("watched", 0, 100));
    for (const page of pages) await seesAll(page, 105);
    const small = [await take(follower), await take(leader)] as const;
    await leader.evaluate(() => window.tab.appendAtOnce("watched", 0, 1_000));
    for (const page of pages) await seesAll(page, 1_105);
    const large = [await take(follower), await take(leader)] as const;

    expect(small[0]).toMatchObject({ asked: [], said: [] });
    expect(small[1]).toMatchObject({ asked: ["append"], flushes: 1 });
    expect([...small[1].said].sort()).toEqual([answer, ...news]);
    expect(large[0]).toMatchObject({ asked: ["readPage"], said: [] });
    expect(large[1]).toMatchObject({ asked: ["append", "readPage"], flushes: 1 });
    expect([...large[1].said].sort()).toEqual([answer, answer, answer, ...news]);
  });

  test("a follower requests no event that the leader has sent: each append is one message to each tab", async () => {
    const pages = await openTabs(3, true);
    const [leader, follower] = pages as [Page, Page, Page];
    let seen = 5;

    for (const page of [leader, follower]) {
      await page.evaluate(() => window.tab.append("watched", 0, 20));
      seen += 20;
      for (const other of pages) await seesAll(other, seen);

      for (const other of pages.slice(1)) {
        expect((await take(other)).asked).toEqual(other === page ? Array.from({ length: 20 }, () => "append") : []);
      }
      const { said, asked } = await take(leader);
      expect(asked.filter((call) => call !== "append")).toEqual([]);
      expect(said.filter((word) => word === "news")).toHaveLength(20 * pages.length);
      expect(said.filter((word) => word === "answer")).toHaveLength(20);
    }
  });
});

describe.skipIf(mayBeLeftOut("firefox"))("costs counted in Firefox", () => {
  let counted: Costs;
  /** Also what is still running when the time is up. */
  const open: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    const site = await openSite({ pages: ["counting", "counting-frames"] });
    open.unshift(site);
    const firefox = startFirefox(site.url("counting-frames"));
    open.unshift(firefox);
    counted = JSON.parse(await Promise.race([site.posted("/costs"), firefox.ended])) as Costs;
  }, PATIENCE.timeout);

  afterAll(async () => {
    for (const one of open) await one.close();
  });

  test("an operation is one message and one answer, from any tab; what is stored at once, one flush", () => {
    const cost = (operation: string, call: string, flushes: number) =>
      ["leader", "follower"].map((by) => ({ operation, by, asked: [call], said: ["answer"], flushes }));
    expect(counted.operations).toMatchObject([
      ...cost("a read of one page", "readPage", 0),
      ...cost("one append", "append", 1),
      ...cost("200 appends in one turn", "append", 1),
      ...cost("one append of 1,000 events", "append", 1),
    ]);
    const written = counted.operations.map((each) => each.written / FRAME);
    expect(written.slice(0, 2)).toEqual([0, 0]);
    for (const pages of written.slice(2, 4)) expect(pages).toBeLessThanOrEqual(5);
  });

  test("each tab that watches gets one message of an append, and reads one page if the events are too many for it", () => {
    const callers = ["leader", "follower"] as const;
    const times = (count: number, word: string) => Array.from({ length: count }, () => word);
    /** `reads`: the pages that each tab asks for. */
    const cost = (operation: string, appends: number, reads: number) =>
      callers.map((by) => {
        const asked = (tab: string) => [...times(tab === by ? appends : 0, "append"), ...times(reads, "readPage")];
        return {
          operation,
          by,
          asked: { leader: asked("leader"), follower: asked("follower"), bystander: asked("bystander") },
          said: [...times(appends + 3 * reads, "answer"), ...times(3 * appends, "news")],
          flushes: appends,
        };
      });

    expect(counted.watched).toEqual([
      ...cost("20 appends", 20, 0),
      ...cost("one append of 100 events", 1, 0),
      ...cost("one append of 1,000 events", 1, 1),
    ]);
  });
});
