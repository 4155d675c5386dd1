import { rmSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import {
  addCounter,
  buildDemoPage,
  counterCard,
  openCounters,
  press,
  startDemoService,
  startDemoServiceWith,
  valueOf,
  type DemoService,
} from "../support/demo-page.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { DESKTOP, PHONE, picture, seriousIn, sticksOut, THEMES } from "../support/looks.ts";
import { temporaryPath } from "../support/temporary.ts";

const COFFEE = "Cups of coffee";

/** A host name of this machine that, unlike localhost, is not a secure context. */
const INSECURE = "insecure.test";

describe.skipIf(mayBeLeftOut("chromium"))("the page's shared counters", () => {
  let folder: string;
  let file: string;
  let service: DemoService;
  let here: Browser;
  let there: Browser;

  beforeAll(async () => {
    [folder, here, there] = await Promise.all([
      buildDemoPage(),
      startBrowser(),
      startBrowser({ flags: [`--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`] }),
    ]);
  });
  // A service at another port is another site to the browsers, without anything stored.
  beforeEach(async () => {
    file = temporaryPath();
    service = await startDemoService(file, folder);
  });
  afterEach(async () => {
    for (const page of [...here.context.pages().slice(1), ...there.context.pages().slice(1)]) await page.close();
    await service.stop();
  });
  afterAll(async () => {
    await Promise.all([here.close(), there.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const valueBecomes = (page: Page, value: string, label = COFFEE): Promise<void> =>
    expect.poll(() => valueOf(page, label)).toBe(value);

  /** Opens the page in its shared mode, and waits until it has heard from the hub. */
  async function openShared(browser: Browser): Promise<Page> {
    const page = await browser.open(service.url);
    await page.getByRole("radio", { name: "Shared" }).check();
    await stateOf(page, "Live");
    await counterCard(page, COFFEE).waitFor();
    return page;
  }

  test("a press in one browser appears in another under the name of its device, and each sees that the other is there", async () => {
    const [one, other] = [await openShared(here), await openShared(there)];
    await press(one, `Add 1 to ${COFFEE}`, 3);
    await valueBecomes(other, "3");
    await press(other, `Undo in ${COFFEE}`);
    await valueBecomes(one, "2");
    await addCounter(other, "Laps");
    await counterCard(one, "Laps").waitFor();

    await one.getByRole("row", { name: `1 ${COFFEE} 2 5` }).waitFor();
    const name = await deviceOf(other);
    await expect.poll(() => one.locator(".devices .chip").count()).toBe(2);
    // Two browsers may have drawn the same name.
    await one.locator(".devices .chip").last().getByText(name).waitFor();
    await one
      .getByRole("table", { name: /^Events/ })
      .getByRole("row")
      .nth(1)
      .getByText(name)
      .waitFor();
    await one.getByRole("radio", { name: "This browser" }).check();
    await valueBecomes(one, "0");
    await expect.poll(() => other.locator(".devices .chip").count()).toBe(1);
  });

  test("what is pressed offline is shown as pending, also after a reload, and is confirmed once online", async () => {
    const [one, other] = [await openShared(here), await openShared(there)];
    await one.getByRole("switch", { name: "Offline" }).check();
    await stateOf(one, "Offline");
    await press(one, `Add 1 to ${COFFEE}`, 2);
    await addCounter(one, "Birds");
    await valueBecomes(one, "2");
    await counterCard(one, COFFEE).getByText("2 pending").waitFor();
    await counterCard(one, "Birds").getByText("1 pending").waitFor();
    await one.getByText("3 commands pending").waitFor();
    await one.getByRole("row", { name: `1 ${COFFEE} 2 3` }).waitFor();
    await one.getByText(/^Includes 3 pending events/).waitFor();
    await one.getByRole("img", { name: `${COFFEE} over its events: between 0 and 2, ending at 2` }).waitFor();
    await one.locator(".pending-list").getByText("New counter “Birds”").waitFor();
    await press(other, `Add 1 to ${COFFEE}`);
    await valueBecomes(other, "1");

    await one.reload();
    await counterCard(one, COFFEE).getByText("2 pending").waitFor();
    await valueBecomes(one, "2");
    await stateOf(one, "Offline");
    await one.getByRole("switch", { name: "Offline" }).uncheck();

    await stateOf(one, "Live");
    for (const page of [one, other]) {
      await valueBecomes(page, "3");
      await counterCard(page, "Birds").waitFor();
    }
    await one.getByText("Nothing waits for the hub.").waitFor();
    expect(await one.locator(".pending-mark, .pending-list").count()).toBe(0);
  });

  test("of two counters of one name that were added apart, the second is refused with the reason; it can be tried again, and discarded", async () => {
    const [one, other] = [await openShared(here), await openShared(there)];
    await one.getByRole("switch", { name: "Offline" }).check();
    await addCounter(one, "Birds");
    await press(one, `Add 1 to ${COFFEE}`);
    // Otherwise it might be decided once the other's counter is here, and be refused at once.
    await one.getByText("2 commands pending").waitFor();
    await addCounter(other, "Birds");
    await press(other, "Add 1 to Birds");
    await valueBecomes(other, "1", "Birds");

    await one.getByRole("switch", { name: "Offline" }).uncheck();

    const refused = one.locator(".refused li");
    await refused.getByText("There is a counter named “Birds” already.").waitFor();
    expect(await refused.innerText()).toContain("New counter “Birds”");
    // What does not depend on it was confirmed.
    await valueBecomes(other, "1");
    await valueBecomes(one, "1", "Birds");
    await press(other, "Remove Birds");
    await counterCard(one, "Birds").waitFor({ state: "detached" });
    await press(one, "Try again");
    await counterCard(other, "Birds").waitFor();
    await valueBecomes(other, "0", "Birds");
    await expect.poll(() => refused.count()).toBe(0);

    await one.getByRole("switch", { name: "Offline" }).check();
    await press(one, "Remove Birds");
    await one.getByText("1 command pending").waitFor();
    await fetch(`${service.url}api/run`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ command: { type: "remove", stream: "counter-birds" }, tab: "a program" }),
    });
    await counterCard(other, "Birds").waitFor({ state: "detached" });
    await one.getByRole("switch", { name: "Offline" }).uncheck();
    await refused.getByText(/This counter was removed/).waitFor();
    await one.locator(".way").getByText("by the hub: the reason is at the top").waitFor();
    await press(one, "Discard");
    await expect.poll(() => refused.count()).toBe(0);
    await one.reload();
    await stateOf(one, "Live");
    expect(await refused.count()).toBe(0);
  });

  test("the page says that the hub cannot be reached, opens without it, keeps what waits when the browser is killed, and sends it once the hub is back", async () => {
    const port = Number(new URL(service.url).port);
    const page = await openShared(here);
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      if (navigator.serviceWorker.controller !== null) return;
      await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve));
    });
    await service.stop();
    await stateOf(page, "The hub cannot be reached");
    await press(page, `Add 1 to ${COFFEE}`);
    await valueBecomes(page, "1");
    await page.reload();
    await stateOf(page, "The hub cannot be reached");
    await valueBecomes(page, "1");
    await press(page, `Add 1 to ${COFFEE}`);
    await counterCard(page, COFFEE).getByText("2 pending").waitFor();
    await here.kill();
    await here.start();
    const again = await here.open(service.url);
    // The browser writes settings of a page some seconds later.
    await again.getByRole("radio", { name: "Shared" }).check();
    await counterCard(again, COFFEE).getByText("2 pending").waitFor();

    service = await startDemoService(file, folder, port);

    await stateOf(again, "Live");
    await counterCard(again, COFFEE).getByText("pending").waitFor({ state: "detached" });
    await valueBecomes(again, "2");
    const counters = (await (await fetch(`${service.url}api/counters`)).json()) as Record<string, { value: number }>;
    expect(counters["counter-cups-of-coffee"]?.value).toBe(2);
  });

  test("two tabs of a browser show the same pending commands, and the switch of one is that of both", async () => {
    const page = await openShared(here);
    const second = await openCounters(here, service.url);
    await second.locator(".sharing-state.good").waitFor();
    await second.getByRole("switch", { name: "Offline" }).check();
    await stateOf(page, "Offline");
    await press(second, `Add 1 to ${COFFEE}`);
    await press(page, `Add 1 to ${COFFEE}`);
    for (const tab of [page, second]) await counterCard(tab, COFFEE).getByText("2 pending").waitFor();

    await page.getByRole("switch", { name: "Offline" }).uncheck();

    for (const tab of [page, second]) {
      await counterCard(tab, COFFEE).getByText("pending").waitFor({ state: "detached" });
      await valueBecomes(tab, "2");
    }
    await page.close();
    await press(second, `Add 1 to ${COFFEE}`);
    await stateOf(second, "Live");
    await second.getByText("Nothing waits for the hub.").waitFor();
    await valueBecomes(second, "3");
  });

  test("two devices that change a counter apart both count; time travel, the plot and ten thousand events work as in one browser", async () => {
    const [one, other] = [await openShared(here), await openShared(there)];
    await press(one, "Provoke a conflict");
    const story = one.locator(".story");
    await story.getByText("Both additions count.").waitFor();
    expect(await story.locator("ul").innerText()).toBe('v2 incremented {"by":1}');
    for (const page of [one, other]) await valueBecomes(page, "11");

    await press(one, "One event back");
    await valueBecomes(one, "1");
    await press(one, "Back to now");
    await one.getByRole("img", { name: `${COFFEE} over its events: between 0 and 11, ending at 11` }).waitFor();
    await press(one, "Append 10,000 events");
    await one.getByText(/^10,000 events appended/).waitFor();
    await one.getByText("Nothing waits for the hub.").waitFor();
    await expect.poll(() => one.locator(".log-count").innerText()).toContain("10,003 events");
    await expect.poll(() => other.locator(".log-count").innerText()).toContain("10,003 events");
    expect(await valueOf(other, COFFEE)).toBe(await valueOf(one, COFFEE));
  });

  test("a conflict during which the hub disappears says what it waits for, is taken back by its button and by Ctrl+Z, and counts for nothing once the hub is back", async () => {
    const page = await openShared(here);
    await press(page, "Provoke a conflict");
    await page.locator(".story").waitFor();
    await valueBecomes(page, "11");
    await page.evaluate(() => {
      const { fetch: connected } = globalThis;
      const cut: typeof fetch = async (to, init) => {
        if (typeof to === "string" && to.includes("/sync")) throw new TypeError("no such host");
        return connected(to, init);
      };
      globalThis.fetch = cut;
      addEventListener("connect", () => (globalThis.fetch = connected));
    });
    await press(page, "Again");
    await page.getByText("This device has added 10, which waits for the hub.").waitFor();
    await page.locator(".story").waitFor({ state: "detached" });
    await stateOf(page, "The hub cannot be reached");
    await valueBecomes(page, "21");

    await press(page, "Take it back");
    await page.getByText("Taken back, before the hub has answered.").waitFor();
    await valueBecomes(page, "11");
    await page.keyboard.press("Control+Shift+z");
    await valueBecomes(page, "21");
    await page.keyboard.press("Control+z");
    await valueBecomes(page, "11");

    await page.evaluate(() => dispatchEvent(new Event("connect")));
    await page.getByText("Nothing waits for the hub.").waitFor();
    // What the program elsewhere has added.
    await valueBecomes(page, "12");
    await press(page, "Provoke a conflict");
    await page.getByText("Both additions count.").waitFor();
    await valueBecomes(page, "23");
  });

  test("after the server's counters were replaced, the page says so, sends nothing, and takes the new ones when asked", async () => {
    const port = Number(new URL(service.url).port);
    const page = await openShared(here);
    await press(page, `Add 1 to ${COFFEE}`, 3);
    await confirmedIn(page, 4);
    await page.getByRole("switch", { name: "Offline" }).check();
    await press(page, `Add 1 to ${COFFEE}`);
    await page.getByText("1 command pending").waitFor();
    await service.stop();
    service = await startDemoService(temporaryPath(), folder, port);
    await page.getByRole("switch", { name: "Offline" }).uncheck();

    await stateOf(page, "The server has other counters than before.");
    await valueBecomes(page, "4");
    await counterCard(page, COFFEE).getByText("1 pending").waitFor();
    await press(page, "Take the counters of the server");

    await stateOf(page, "Live");
    await valueBecomes(page, "0");
    await press(page, `Add 1 to ${COFFEE}`);
    await page.getByText("Nothing waits for the hub.").waitFor();
    await expect.poll(() => page.locator(".log-count").innerText()).toBe("2 events");
  });

  test("on a phone that has loaded the page without https, it works while it is open, and says that nothing is kept", async () => {
    const port = Number(new URL(service.url).port);
    await service.stop();
    service = await startDemoServiceWith("--port", `${port}`, "--file", file, "--page", folder, "--host", INSECURE);
    const [phone, other] = [await there.open(`http://${INSECURE}:${port}/`), await openShared(here)];
    await phone.getByRole("heading", { name: /was not loaded securely/ }).waitFor();
    await press(phone, "Use the shared counters");
    await stateOf(phone, "Live");
    await phone.getByText(/^This browser keeps nothing for this page/).waitFor();
    await phone.getByRole("switch", { name: "Offline" }).check();
    await press(phone, `Add 1 to ${COFFEE}`, 2);
    await valueBecomes(phone, "2");
    await phone.locator(".facts").getByText("memory: gone with the page").waitFor();
    await phone.getByRole("switch", { name: "Offline" }).uncheck();

    await valueBecomes(other, "2");
    expect((await fetch(`${service.url}api/counters`, { headers: { origin: "https://elsewhere.test" } })).status).toBe(
      403,
    );
  });

  test("with pending and refused commands it has no accessibility problems, and fits a phone", async () => {
    const [one, other] = [await openShared(here), await openShared(there)];
    const long = "Kilometres that we ran in all the rain";
    await press(one, `Add 1 to ${COFFEE}`, 2);
    await confirmedIn(one, 3);
    await one.getByRole("switch", { name: "Offline" }).check();
    await addCounter(one, long);
    await one.getByText("1 command pending").waitFor();
    await addCounter(other, long);
    await counterCard(other, long).waitFor();
    await one.getByRole("switch", { name: "Offline" }).uncheck();
    await one.locator(".refused li").waitFor();
    await one.getByRole("switch", { name: "Offline" }).check();
    await press(one, `Add 1 to ${COFFEE}`, 2);
    await press(one, `Add 1 to ${long}`);
    await one.getByText("3 commands pending").waitFor();
    await one.getByText(/^Includes 3 pending events/).waitFor();

    for (const colorScheme of THEMES) {
      for (const [name, size] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
        await one.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await one.setViewportSize(size);
        expect(await seriousIn(one)).toEqual([]);
        await expect.poll(() => sticksOut(one)).toBe(0);
        await picture(one, `shared-${name}-${colorScheme}`);
      }
    }
  });
});

async function stateOf(page: Page, title: string): Promise<void> {
  await page.locator(".sharing-state strong").getByText(title, { exact: true }).waitFor();
}

/** Waits until the hub has confirmed what was done: the log has confirmed events only. */
async function confirmedIn(page: Page, events: number): Promise<void> {
  await expect.poll(() => page.locator(".log-count").innerText()).toBe(`${events} events`);
}

async function deviceOf(page: Page): Promise<string> {
  return (await page.locator(".devices .tab-mark").first().innerText()).trim();
}
