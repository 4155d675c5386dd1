/** The list of docs/offline-list.md that two browsers share, as it stands there: only ports and origins differ. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { startProcess, type Child } from "../support/child.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { ROOT } from "../support/run-node.ts";
import { openSite, type Site } from "../support/site.ts";
import { temporaryFolder } from "../support/temporary.ts";

const FOLDER = join(ROOT, ".build/test/browser/shared-list");
const HUB = "http://localhost:8787";

let site: Site;

beforeAll(async () => {
  site = await openSite({ pages: ["shared-list"], config: { build: { minify: false } } });
});
afterAll(() => site?.close());

describe.skipIf(mayBeLeftOut("chromium"))("in Chromium", () => {
  test("two browsers share a list; what one does offline is there after a reload, and reaches the other when the hub is back", async () => {
    const port = await freePort();
    const folder = temporaryFolder();
    let hub = await startHub(port, folder);
    site.answer = (path) => {
      if (!path.endsWith(".js")) return undefined;
      const answer = site.file(path);
      return { ...answer, body: String(answer.body).replace(HUB, `http://localhost:${port}`) };
    };
    const [ada, ben] = [await openPage(site), await openPage(site)];
    await add(ada, "tea");
    await shows(ben, ["tea"], "live, 0 to be confirmed");
    hub.interrupt("SIGKILL");
    await hub.ended;
    await shows(ada, ["tea"], "offline, 0 to be confirmed");

    await add(ada, "milk");
    await shows(ada, ["tea", "milk"], "offline, 1 to be confirmed");
    await ada.reload();
    await shows(ada, ["tea", "milk"], /1 to be confirmed/);
    hub = await startHub(port, folder);
    await shows(ben, ["tea", "milk"], "live, 0 to be confirmed");
    await ben.getByText("tea").click();

    await shows(ada, ["milk"], "live, 0 to be confirmed");
    hub.kill();
  });
});

async function startHub(port: number, folder: string): Promise<Child> {
  const code = readFileSync(join(FOLDER, "hub.js"), "utf8");
  const own = join(FOLDER, `hub-${port}.js`);
  writeFileSync(own, code.replace("8787", `${port}`).replace("http://localhost:5173", site.origin));
  onTestFinished(() => rmSync(own, { force: true }));
  return startProcess(process.execPath, [own], folder);
}

async function openPage({ url }: Site): Promise<Page> {
  const browser = await startBrowser();
  onTestFinished(() => browser.close());
  const page = await browser.open();
  await page.goto(url("shared-list"));
  return page;
}

async function add(page: Page, item: string): Promise<void> {
  await page.locator("input").fill(item);
  await page.locator("input").blur();
}

async function shows(page: Page, items: readonly string[], status: string | RegExp): Promise<void> {
  await expect.poll(() => page.locator("li").allTextContents()).toEqual(items);
  await expect.poll(() => page.locator("p").textContent()).toMatch(status);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
