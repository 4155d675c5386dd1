import type { Page } from "playwright-core";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { react18 } from "../support/react-18.ts";
import { openSite, type Site } from "../support/site.ts";

/** Another version of React than the installed one. */
function inPlaceOfReact(packages: string): { find: RegExp; replacement: string }[] {
  return [{ find: /^(react|react-dom)(\/.*)?$/, replacement: `${packages}/$1$2` }];
}

describe.skipIf(mayBeLeftOut("chromium")).each([
  ["18", () => inPlaceOfReact(react18())],
  ["19", () => []],
] as const)("in Chromium with React %s in strict mode", (version, aliases) => {
  let site: Site;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    // React's development build, because strict mode has an effect only there.
    const define = { "process.env.NODE_ENV": JSON.stringify("development") };
    site = await openSite({
      pages: ["react", "react-replica", "react-readme", "react-store"],
      config: { define, resolve: { alias: aliases() } },
    });
    browser = await startBrowser();
    return async () => {
      await browser.close();
      await site.close();
    };
  });

  beforeEach(async () => {
    complaints = [];
    page = await browser.open();
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    await page.goto(site.url("react"));
    return () => page.close();
  });

  test("components show a projection's state and a query's rows, and every newer one", async () => {
    await start();
    expect(await page.evaluate(() => window.react.version)).toMatch(new RegExp(`^${version}\\.`));
    await shows("0 of all", "");

    await page.evaluate(() => window.react.append("a", 2));
    await shows("2 of all", "a 2");
    await page.evaluate(() => Promise.all([window.react.append("a", 3), window.react.append("b", 4)]));
    await shows("9 of all", "a 5, b 4");
    expect(complaints).toEqual([]);
  });

  test("they follow changed inputs, and open nothing again while inputs are unchanged", async () => {
    await start();
    await page.evaluate(() => Promise.all([window.react.append("a", 2), window.react.append("b", 4)]));
    await shows("6 of all", "a 2, b 4");

    const before = await page.evaluate(() => window.react.opened());
    await page.evaluate(() => window.react.show({}));
    await page.evaluate(() => window.react.append("a", 1));
    await shows("7 of all", "a 3, b 4");
    expect(await page.evaluate(() => window.react.opened())).toBe(before);

    await page.evaluate(() => window.react.show({ stream: "b", least: 4 }));
    await shows("4 of all", "b 4");
    await page.evaluate(() => window.react.append("b", 1));
    await shows("5 of all", "b 5");
    expect(await page.evaluate(() => window.react.open())).toBe(2);
  });

  test("without a store they show the initial state, and the present one once there is a store", async () => {
    await start();
    await page.evaluate(() => window.react.append("a", 2));
    await page.evaluate(() => window.react.show({ store: false }));
    await shows("0 so far", "");
    expect(await page.evaluate(() => window.react.open())).toBe(0);

    await page.evaluate(() => window.react.show({ store: true }));
    await shows("2 of all", "a 2");
  });

  test("everything they opened is closed when they unmount, also in strict mode", async () => {
    await start();
    await shows("0 of all", "");
    // Strict mode mounts, unmounts and mounts again, so each of the two was opened twice.
    expect(await page.evaluate(() => [window.react.opened(), window.react.open()])).toEqual([4, 2]);

    await page.evaluate(() => window.react.show(null));
    await expect.poll(() => page.evaluate(() => window.react.open())).toBe(0);
    await page.evaluate(() => window.react.show({}));
    await shows("0 of all", "");
    await page.evaluate(() => window.react.unmount());
    await expect.poll(() => page.evaluate(() => window.react.open())).toBe(0);
    await page.evaluate(() => window.react.append("a", 1));
    expect(complaints).toEqual([]);
  });

  test("a last known state is shown after hydration, until the store is open and the history is read", async () => {
    const name = await page.evaluate(() => crypto.randomUUID());
    const visit = async (): Promise<void> => {
      await page.goto(site.url("react"));
      await page.evaluate((known) => window.react.showLastKnown(known), name);
    };
    const shown = (): Promise<readonly string[]> => page.evaluate(() => window.react.texts());
    await visit();
    await page.evaluate(() => window.react.openLastKnown());
    await expect.poll(shown).toEqual(["0 so far", "0 of all"]);
    await page.evaluate(() => window.react.append("a", 2));
    await expect.poll(shown).toEqual(["0 so far", "0 of all", "2 of all"]);

    await visit();
    await expect.poll(shown).toEqual(["0 so far", "2 so far"]);
    await page.evaluate(() => window.react.openLastKnown());
    await expect.poll(shown).toEqual(["0 so far", "2 so far", "2 of all"]);
    await page.evaluate(() => window.react.append("a", 3));
    await expect.poll(shown).toEqual(["0 so far", "2 so far", "2 of all", "5 of all"]);
    expect(complaints).toEqual([]);
  });

  test("an error that stops a projection reaches the boundary", async () => {
    await start();
    await shows("0 of all", "");

    await page.evaluate(() => window.react.breakDown());

    await page.waitForFunction(() => document.querySelector("#error")?.textContent === "projection-failed");
    await expect.poll(() => page.evaluate(() => window.react.open())).toBe(0);
  });

  test("wrong arguments reach the boundary as invalid-argument, under their names", async () => {
    await start();
    const wrongQueries = [undefined, null, 7, "SELECT 1", []] as const;
    const wrongProjections = [undefined, null, 7, "total", { name: "total" }] as const;
    const wrongOptions = [null, 7, [], { sgnal: 1 }] as const;
    const cases = [
      ...wrongProjections.map((wrong) => ["useProjection", 1, wrong, "projection"] as const),
      ...[...wrongOptions, { stream: 7 }].map((wrong) => ["useProjection", 2, wrong, expect.any(String)] as const),
      ...wrongQueries.map((wrong) => ["useLiveQuery", 1, wrong, "sql"] as const),
      ...[...wrongOptions, { reads: 7 }, { reads: [7] }, { reads: [null] }, { timeout: "1 s" }].map(
        (wrong) => ["useLiveQuery", 2, wrong, expect.any(String)] as const,
      ),
    ];

    const told = await page.evaluate(
      (calls) => Promise.all(calls.map(([hook, at, wrong]) => window.react.callWrongly(hook, at, wrong))),
      cases.map(([hook, at, wrong]) => [hook, at, wrong] as const),
    );

    for (const [index, [hook, at, wrong, argument]] of cases.entries()) {
      const [code, named] = (told[index] as string).split(": ");
      expect([hook, at, wrong, code, named]).toEqual([hook, at, wrong, "invalid-argument", argument]);
    }
  });

  test("components keep showing the last state of a closed store, and a new query of it reaches the boundary", async () => {
    await start();
    await page.evaluate(() => window.react.append("a", 2));
    await shows("2 of all", "a 2");

    await page.evaluate(() => window.react.closeStore());
    await shows("2 of all", "a 2");
    await page.evaluate(() => window.react.unmount());
    await page.evaluate(() => window.react.remount());

    await page.waitForFunction(() => document.querySelector("#error")?.textContent === "store-closed");
  });

  test("a server renders the initial state without opening anything, and the page hydrates without errors", async () => {
    await start();
    await page.evaluate(() => window.react.append("a", 2));
    await shows("2 of all", "a 2");
    const opened = await page.evaluate(() => window.react.opened());

    expect(await page.evaluate(() => window.react.renderOnServer())).toContain("0 so far");
    expect(await page.evaluate(() => window.react.hydrate())).toContain("0 so far");

    expect(await page.evaluate(() => window.react.opened())).toBe(opened);
    expect(complaints).toEqual([]);
  });

  test("components show a replica's states and rows with what is pending, and its status", async () => {
    await page.goto(site.url("react-replica"));
    await page.evaluate(() => window.reactReplica.start());
    const none = "0 of which 0, 0 pending, so far;  with 0; waiting, 0 pending, 0 rejected";
    await replicaShows(none);
    expect(await page.evaluate(() => window.reactReplica.renderOnServer())).toEqual([
      `<p id="shown">${none}</p>`,
      `<p id="shown">${none}</p>`,
    ]);

    await page.evaluate(() => window.reactReplica.show({}));
    await replicaShows("0 of which 0, 0 pending;  with 0; live, 0 pending, 0 rejected");
    await page.evaluate(() => window.reactReplica.append("counter-a", 2));
    await replicaShows("2 of which 2, 0 pending; counter-a 2 with 0; live, 0 pending, 0 rejected");
    await page.evaluate(() => window.reactReplica.setOnline(false));
    await page.evaluate(() => window.reactReplica.append("counter-b", 3));
    await replicaShows("5 of which 2, 1 pending; counter-a 2, counter-b 3 with 1; offline, 1 pending, 0 rejected");
    await page.evaluate(() => window.reactReplica.show({ stream: "counter-b" }));
    await replicaShows("3 of which 0, 1 pending; counter-a 2, counter-b 3 with 1; offline, 1 pending, 0 rejected");
    await page.evaluate(() => window.reactReplica.setOnline(true));
    await page.evaluate(() => window.reactReplica.hurry());
    await replicaShows("3 of which 3, 0 pending; counter-a 2, counter-b 3 with 0; live, 0 pending, 0 rejected");

    await page.evaluate(() => window.reactReplica.show({ none: true }));
    await replicaShows(none);
    expect(complaints).toEqual([]);
  });

  test("a provider opens its store once and closes it, and components follow it", async () => {
    await startWithProvider();
    await page.evaluate(() => window.reactStore.hold());
    await page.evaluate(() => window.reactStore.show({ kind: "following" }));
    await storeShows("0 so far");
    await page.evaluate(() => window.reactStore.release());
    await storeShows("2 of all");

    await page.evaluate(() => window.reactStore.show(null));
    await expect.poll(() => page.evaluate(() => window.reactStore.happened().at(-1))).toBe("close store");
    expect((await happened()).filter((what) => what.endsWith("store"))).toEqual(["open store", "close store"]);

    await page.evaluate(() => window.reactStore.show({ kind: "following" }));
    await storeShows("2 of all");
    expect(complaints).toEqual([]);
  });

  test("components that suspend show the fallback until everything is read, and close what they no longer show", async () => {
    await startWithProvider();
    await page.evaluate(() => window.reactStore.hold());
    await page.evaluate(() => window.reactStore.show({ kind: "waiting" }));
    await storeShows("waiting");
    await page.evaluate(() => window.reactStore.release());
    await storeShows("2: 2");
    expect((await happened()).filter((what) => what.startsWith("open"))).toEqual([
      "open store",
      "open projection",
      "open query",
    ]);

    await page.evaluate(() => window.reactStore.show({ kind: "waiting", least: 3 }));
    await storeShows("2: ");
    // On a machine that stands still, a query may be opened again while a component waits for it.
    const stillOpen = async (what: string): Promise<number> => {
      const events = await happened();
      return (
        events.filter((one) => one === `open ${what}`).length - events.filter((one) => one === `close ${what}`).length
      );
    };
    await expect.poll(() => stillOpen("query")).toBe(1);
    await page.evaluate(() => window.reactStore.show(null));
    await expect.poll(() => Promise.all([stillOpen("query"), stillOpen("projection")])).toEqual([0, 0]);
    expect(await page.evaluate(() => window.reactStore.early())).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("what opening a store fails with reaches the boundary, from both hooks", async () => {
    await startWithProvider();
    await page.evaluate(() => window.reactStore.fail());
    for (const kind of ["following", "waiting"] as const) {
      await page.evaluate((which) => window.reactStore.show({ kind: which }), kind);
      await storeShows("failed: refused");
      await page.evaluate(() => window.reactStore.show(null));
    }
  });

  test("a command shows that it is pending, its result, and its error until it is called again", async () => {
    await startWithProvider();
    await page.evaluate(() => window.reactStore.show({ kind: "adding" }));
    await storeShows("2 of all");
    await page.evaluate(() => window.reactStore.hold());
    await page.click("#add");
    await commandShows("pending, well, undefined");
    expect(await page.isDisabled("#add")).toBe(true);
    await page.evaluate(() => window.reactStore.release());
    await commandShows("idle, well, 2");
    await storeShows("3 of all");
    await page.click("#refused");
    await commandShows("idle, refused, 2");
    // The newest function is called, with what it has seen.
    await page.click("#more");
    await page.click("#add");
    await commandShows("idle, well, 3");
    await storeShows("13 of all");
    expect(complaints).toEqual([]);
  });

  test("a server opens no store: it renders the initial state, or the fallback of what waits", async () => {
    await page.goto(site.url("react-store"));
    const following = await page.evaluate(() => window.reactStore.renderOnServer("following"));
    const waiting = await page.evaluate(() => window.reactStore.renderOnServer("waiting"));

    expect(following).toContain("0 so far");
    expect(waiting).toContain("waiting");
    expect(await happened()).toEqual([]);
    await page.evaluate((html) => window.reactStore.hydrate("following", html), following);
    await storeShows("0 of all");
    expect((await happened()).filter((what) => what.startsWith("hydrated"))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("the documented component counts its clicks", async () => {
    await page.goto(site.url("react-readme"));
    await page.getByRole("button", { name: "0" }).click();
    await page.getByRole("button", { name: "1" }).click();
    await page.getByRole("button", { name: "2" }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: "2" }).waitFor();
    expect(complaints).toEqual([]);
  });

  const start = (): Promise<void> => page.evaluate(() => window.react.start());
  const happened = (): Promise<readonly string[]> => page.evaluate(() => window.reactStore.happened());

  async function startWithProvider(): Promise<void> {
    await page.goto(site.url("react-store"));
    await page.evaluate(() => window.reactStore.start());
  }

  async function storeShows(text: string): Promise<void> {
    await expect.poll(() => page.evaluate(() => document.querySelector("#shown")?.textContent)).toBe(text);
  }

  async function commandShows(text: string): Promise<void> {
    await expect.poll(() => page.evaluate(() => document.querySelector("#command")?.textContent)).toBe(text);
  }

  async function replicaShows(text: string): Promise<void> {
    await expect.poll(() => page.evaluate(() => document.querySelector("#root #shown")?.textContent)).toBe(text);
  }

  async function shows(total: string, counts: string): Promise<void> {
    try {
      await page.waitForFunction(
        (texts) => ["total", "counts"].every((id, index) => document.getElementById(id)?.textContent === texts[index]),
        [total, counts],
        { timeout: 20_000 },
      );
    } catch (error) {
      const found = await page.evaluate(() => document.body.textContent);
      throw new Error(`"${total}" and "${counts}" should be shown, not: ${found}\n${complaints.join("\n")}`, {
        cause: error,
      });
    }
  }
});
