import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startBrowser, type Browser } from "../support/browser.ts";
import {
  addCounter,
  buildDemoPage,
  counterCard,
  openCounters,
  press,
  startDemoService,
  valueOf,
} from "../support/demo-page.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { temporaryFolder, temporaryPath } from "../support/temporary.ts";

describe.skipIf(mayBeLeftOut("chromium"))("the same counters behind a server", () => {
  let folder: string;
  let browser: Browser;

  beforeAll(async () => {
    [folder, browser] = await Promise.all([buildDemoPage(), startBrowser()]);
  });
  afterEach(async () => {
    for (const page of browser.context.pages().slice(1)) await page.close();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("the page switches to it and back; its events there are in the server's file, not in the browser's", async () => {
    const file = temporaryPath();
    const service = await startDemoService(file, folder);
    onTestFinished(() => service.stop());
    const page = await openCounters(browser, service.url);
    await addCounter(page, "Only here");
    await counterCard(page, "Only here").waitFor();

    await page.getByRole("radio", { name: "Server" }).check();
    await page.getByText(/kept by a service in Node/).waitFor();
    expect(await counterCard(page, "Only here").count()).toBe(0);
    const other = await openCounters(browser, service.url);
    await other.getByRole("radio", { name: "Server" }).check();
    await other.getByText(/kept by a service in Node/).waitFor();
    await addCounter(page, "Only there");
    await press(page, "Add 1 to Only there", 3);
    await press(page, "Undo in Only there");

    await expect.poll(() => valueOf(other, "Only there")).toBe("2");
    await other.getByRole("row", { name: "1 Only there 2 5" }).waitFor();
    await press(other, "One event back");
    await expect.poll(() => valueOf(other, "Only there")).toBe("3");
    await page.locator(".facts").getByText("a file on the server's disk").waitFor();
    await press(page, "Append 10,000 events");
    await page.getByText(/^10,000 events appended/).waitFor();
    await press(page, "Rebuild from the events");
    await page.getByText(/^Rebuilt from/).waitFor();
    await press(page, "Provoke a conflict");
    await page.locator(".story").waitFor();
    await page.getByRole("radio", { name: "Browser" }).check();
    await counterCard(page, "Only here").waitFor();

    await service.stop();
    await using store = await openEventStore(betterSqlite3({ path: file }));
    expect(await store.stream("counter-only-there").version()).toBeGreaterThanOrEqual(5);
    expect(await store.stream("counter-only-here").version()).toBe(0);
  });

  test("the page reports at once that the server is gone, and continues when it is back", async () => {
    const file = temporaryPath();
    const service = await startDemoService(file, folder);
    onTestFinished(() => service.stop());
    const port = Number(new URL(service.url).port);
    const page = await openCounters(browser, service.url);
    await page.getByRole("radio", { name: "Server" }).check();
    await page.getByText(/kept by a service in Node/).waitFor();
    await press(page, "Add 1 to Cups of coffee");
    await expect.poll(() => valueOf(page, "Cups of coffee")).toBe("1");

    await service.stop();
    await page
      .getByRole("alert")
      .getByText(/connection to the server is lost/)
      .waitFor();
    await press(page, "Add 1 to Cups of coffee");
    await page.getByRole("alert").getByText("The server cannot be reached.").waitFor();
    const again = await startDemoService(file, folder, port);
    onTestFinished(() => again.stop());

    await page.getByText(/connection to the server is lost/).waitFor({ state: "detached" });
    await press(page, "Add 1 to Cups of coffee");
    await expect.poll(() => valueOf(page, "Cups of coffee")).toBe("2");
  });
});

describe("the service by itself", () => {
  test("it streams the counters as they change, and refuses invalid commands and requests from other machines", async () => {
    const service = await startDemoService(temporaryPath(), ".");
    onTestFinished(() => service.stop());
    const call = (name: string, given: unknown, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${service.url}api/${name}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(given),
      });
    const live = await fetch(`${service.url}api/live`);
    const reader = live.body?.pipeThrough(new TextDecoderStream()).getReader();
    onTestFinished(() => reader?.cancel());
    const stream = "counter-cups-of-coffee";

    expect(await (await call("run", { command: { type: "add", stream, by: 7 }, tab: "test" })).json()).toEqual({
      result: 2,
    });
    let heard = "";
    while (!heard.includes('"value":7')) heard += (await reader?.read())?.value ?? "";
    expect(heard).toContain("event: counters");

    for (const command of [
      { type: "add", stream, by: 0.5 },
      { type: "add", stream: "else", by: 1 },
      { type: "drop" },
      7,
    ]) {
      const answer = (await (await call("run", { command, tab: "test" })).json()) as { failure: { name: string } };
      expect(answer.failure.name).toBe("Refusal");
    }
    expect((await call("run", {}, { "content-type": "text/plain" })).status).toBe(415);
    expect((await call("facts", {}, { origin: "https://elsewhere.test" })).status).toBe(403);
    expect((await call("unknown", {})).status).toBe(404);
    expect((await fetch(`${service.url}../../etc/passwd`)).status).toBe(404);
  });

  test('a removed file of the page is answered with "not found", and the service continues', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "index.html"), "<!doctype html>");
    const service = await startDemoService(temporaryPath(), folder);
    onTestFinished(() => service.stop());
    expect((await fetch(service.url)).status).toBe(200);

    rmSync(join(folder, "index.html"));

    expect((await fetch(service.url)).status).toBe(404);
    expect((await fetch(`${service.url}api/counters`)).status).toBe(200);
  });
});
