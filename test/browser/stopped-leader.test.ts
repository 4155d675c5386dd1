import type { Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { rendererOf, type Renderer } from "../support/renderers.ts";
import { PATIENCE, countTo, seesAll, useTabs } from "../support/tabs.ts";

/** More seconds than a leader may leave questions unanswered. */
const SIGNS = 18;

describe.skipIf(mayBeLeftOut("chromium"))("a leader that stops without notice", PATIENCE, () => {
  const tabs = useTabs();
  let name: string;
  let leader: Page;
  let follower: Page;
  let renderer: Renderer;

  beforeEach(async () => {
    name = tabs.freshName();
    leader = await tabs.openTab(name);
    follower = await tabs.openTab(name);
    await follower.evaluate(() => window.tab.append("counted", 0, 10));
    renderer = await rendererOf(leader);
  });
  // Before the page is closed, because closing would wait for the worker.
  afterEach(() => renderer.resume());

  const append = (page: Page, text: string): Promise<string> =>
    page.evaluate((given) => window.tab.appendText("texts", given), text);

  test("has its followers' calls refused after a while; when it continues they do too, and each append is stored once", async () => {
    await renderer.stop();
    const [appended, read] = await Promise.all([
      append(follower, "asked while it stood"),
      follower.evaluate(() => window.tab.read()).catch(String),
    ]);
    expect(appended).toMatch(/^outcome-unknown /);
    expect(read).toContain("has not answered for 15000 ms");
    renderer.resume();

    expect(await append(follower, "asked when it went on")).toBe("done");
    await seesAll(follower, 12);
    const stored = await leader.evaluate(() => window.tab.read());
    expect(stored.slice(10).map(([, , data]) => data)).toEqual(["asked while it stood", "asked when it went on"]);
    expect(await follower.evaluate(() => window.tab.ending())).toBeUndefined();
  });

  test("and soon continues answers the calls made meanwhile", async () => {
    await renderer.stop();
    const appended = append(follower, "asked while it stood");
    renderer.resume();

    expect(await appended).toBe("done");
    await seesAll(leader, 11);
  });

  test("and is killed is followed by the next, to which the calls are sent again", async () => {
    await renderer.stop();
    const appended = follower.evaluate(() => window.tab.appendTogether("counted", 10, 50));
    renderer.kill();

    expect([...(await appended)].sort((a, b) => a - b)).toEqual(countTo(50).map((index) => index + 11));
    await seesAll(follower, 60);
  });

  test("makes opening the store in another tab fail with the reason", async () => {
    await renderer.stop();
    const late = await tabs.visit();

    expect(await late.evaluate((options) => window.tab.tryOpen(options), { name })).toMatchObject({
      code: "storage-unavailable",
      details: { reason: "no-answer" },
    });
  });
});

describe.skipIf(mayBeLeftOut("chromium"))("a leader in a worker of a page that is frozen", PATIENCE, () => {
  // A visible page cannot be frozen.
  const tabs = useTabs({ pages: ["hosted", "tabs"], hiding: true });

  test("stops without an event: its followers' calls are refused after a while, and continue when it does", async () => {
    const name = tabs.freshName();
    const host = await tabs.visit();
    await host.evaluate((given) => window.hosted.open(given), name);
    const follower = await tabs.browser.open(tabs.site.url("tabs"));
    await follower.evaluate((options) => window.tab.open(options), { name });
    await follower.bringToFront();
    const devtools = await tabs.browser.context.newCDPSession(host);
    await devtools.send("Page.setWebLifecycleState", { state: "frozen" });

    // The page is frozen at once, its worker a little later.
    const asked: string[] = [];
    const ask = (): Promise<string> => {
      asked.push(`asked ${asked.length}`);
      return follower.evaluate((text) => window.tab.appendText("texts", text), asked.at(-1) as string);
    };
    let outcome = await ask();
    while (outcome === "done") outcome = await ask();
    expect(outcome).toMatch(/^outcome-unknown /);
    await devtools.send("Page.setWebLifecycleState", { state: "active" });

    expect(await ask()).toBe("done");
    const stored = await follower.evaluate(() => window.tab.read());
    expect(stored.map(([, , data]) => data)).toEqual(asked);
    expect(await follower.evaluate(() => window.tab.info())).toMatchObject({ role: "follower" });
  });
});

describe.skipIf(mayBeLeftOut("chromium"))("a leader that is busy for long", PATIENCE, () => {
  const tabs = useTabs();

  test("is waited for while its page answers", async () => {
    let open = (): void => undefined;
    const address = tabs.site.asset("worker");
    const { body, ...file } = tabs.site.file(new URL(address).pathname);
    const standing = new Promise<void>((resolve) => {
      tabs.site.answer = (path) => {
        if (address.endsWith(path)) return { ...file, body: `${STANDING}\n${String(body)}` };
        if (path !== "/gate") return undefined;
        resolve();
        return new Promise((answer) => (open = () => answer({ body: "" })));
      };
    });
    const name = tabs.freshName();
    const leader = await tabs.openTab(name);
    const follower = await tabs.openTab(name);
    const signs = follower.evaluate(
      ([hub, count]) =>
        new Promise<void>((resolve) => {
          let heard = 0;
          new BroadcastChannel(hub).addEventListener("message", ({ data }: MessageEvent<object>) => {
            if ("alive" in data && ++heard === count) resolve();
          });
        }),
      [`rivulet/${encodeURIComponent(name)}`, SIGNS] as const,
    );
    const long = leader.evaluate(() => window.tab.appendText("texts", "stand here"));
    await standing;
    const appended = follower.evaluate(() => window.tab.append("counted", 0, 1));
    await signs;
    open();

    expect(await Promise.all([long, appended])).toEqual(["done", [[0, 2]]]);
  });
});

/** The first write of a marked event blocks the worker until the site answers. */
const STANDING = `{
  const { prototype } = FileSystemSyncAccessHandle;
  const original = prototype.write;
  let stood = false;
  prototype.write = function (bytes, ...rest) {
    if (!stood && new TextDecoder().decode(bytes).includes("stand here")) {
      stood = true;
      const request = new XMLHttpRequest();
      request.open("GET", "/gate", false);
      request.send();
    }
    return original.call(this, bytes, ...rest);
  };
}`;
