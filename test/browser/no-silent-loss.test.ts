import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import type { Site } from "../support/site.ts";
import { useTabs } from "../support/tabs.ts";

/** A host name of this machine that, unlike localhost, is not a secure context. */
const INSECURE = "insecure.test";

describe.skipIf(mayBeLeftOut("chromium"))("a store that cannot keep events", () => {
  const tabs = useTabs({ flags: [`--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`] });
  const { visit } = tabs;

  const tryOpen = (page: Page, options: { name?: string; fallback?: "memory" }): Promise<unknown> =>
    page.evaluate((given) => window.tab.tryOpen(given), options);

  test("an insecure page is refused with the reason, or reports that it keeps events in memory if that is allowed", async () => {
    const page = await tabs.browser.open(tabs.site.url("tabs").replace("127.0.0.1", INSECURE));

    expect(await tryOpen(page, { name: "refused" })).toMatchObject({
      code: "storage-unavailable",
      details: { reason: "insecure-page" },
    });
    expect(await tryOpen(page, { name: "refused", fallback: "memory" })).toMatchObject({
      backend: "memory",
      persisted: false,
      durability: "none",
    });
    expect(await page.evaluate(() => window.tab.append("kept a while", 0, 3))).toHaveLength(3);
  });

  test("a browser that gives the worker no files is refused with the reason, or keeps events in memory if that is allowed", async () => {
    tabs.site.answer = withBefore(
      "worker",
      "navigator.storage.getDirectory = async () => { throw new DOMException('private') };",
    );
    const page = await visit();

    expect(await tryOpen(page, { name: "refused" })).toMatchObject({
      code: "storage-unavailable",
      details: { reason: "no-files" },
      message: expect.stringContaining("private"),
    });
    expect(await tryOpen(page, { name: "refused", fallback: "memory" })).toMatchObject({ backend: "memory" });
  });

  test("a browser without synchronous files is refused with the reason", async () => {
    tabs.site.answer = withBefore("worker", "delete FileSystemFileHandle.prototype.createSyncAccessHandle;");
    const page = await visit();

    expect(await tryOpen(page, { name: "refused" })).toMatchObject({
      code: "storage-unavailable",
      details: { reason: "no-sync-access" },
    });
  });

  test.each([
    ["not there", () => ({ status: 404, body: "no" })],
    ["a page instead", () => ({ headers: { "content-type": "text/html" }, body: "<!doctype html>" })],
    ["not well-formed", () => ({ headers: { "content-type": "text/javascript" }, body: "import {" })],
  ])("a worker script that is %s is an error that names its address", async (_what, answer) => {
    const address = tabs.site.asset("worker");
    tabs.site.answer = (path) => (address.endsWith(path) ? answer() : undefined);
    const page = await visit();

    for (const options of [{ name: "refused" }, {}]) {
      expect(await tryOpen(page, options)).toMatchObject({
        code: "storage-unavailable",
        details: { reason: "worker-not-loaded" },
        message: expect.stringContaining(address),
      });
    }
  });

  test("a worker that the page's policy forbids causes an error that names its address", async () => {
    const address = tabs.site.asset("worker");
    tabs.site.answer = (path) =>
      path === "/tabs.html" ? tabs.site.file(path, { "content-security-policy": "worker-src 'none'" }) : undefined;
    const page = await visit();

    expect(await tryOpen(page, { name: "refused" })).toMatchObject({
      code: "storage-unavailable",
      details: { reason: "worker-not-loaded" },
      message: expect.stringContaining(address),
    });
  });

  test("a missing WebAssembly file causes an error that names its address", async () => {
    const address = tabs.site.asset("sqlite3");
    tabs.site.answer = (path) => (address.endsWith(path) ? { status: 404, body: "no" } : undefined);
    const page = await visit();

    for (const options of [{ name: "refused" }, {}]) {
      expect(await tryOpen(page, options)).toMatchObject({
        code: "storage-unavailable",
        details: { reason: "wasm-not-loaded" },
        message: expect.stringContaining(address),
      });
    }
  });

  test("a WebAssembly file that a policy forbids causes an error that says so; one served with another content type works", async () => {
    const [worker, wasm] = [tabs.site.asset("worker"), tabs.site.asset("sqlite3")];
    tabs.site.answer = (path) =>
      worker.endsWith(path) ? tabs.site.file(path, { "content-security-policy": "script-src 'self'" }) : undefined;
    const page = await visit();
    for (const options of [{ name: "refused" }, {}]) {
      expect(await tryOpen(page, options)).toMatchObject({
        code: "storage-unavailable",
        details: { reason: "wasm-not-loaded" },
        message: expect.stringContaining(wasm),
      });
    }

    tabs.site.answer = (path) =>
      wasm.endsWith(path) ? { ...tabs.site.bytes(path), headers: { "content-type": "text/plain" } } : undefined;
    const other = await visit();
    expect(await tryOpen(other, { name: "as any bytes" })).toMatchObject({ backend: "opfs" });
  });

  test("without room an append is refused as storage-full; the store stays readable, and works again once there is room", async () => {
    const page = await visit();
    const devtools = await tabs.browser.context.newCDPSession(page);
    const follower = await visit();
    for (const tab of [page, follower]) await tab.evaluate(() => window.tab.open({ name: "full" }));
    await page.evaluate(() => window.tab.append("kept", 0, 10));
    const { usage = 0 } = await page.evaluate(() => window.tab.info());
    await devtools.send("Storage.overrideQuotaForOrigin", { origin: tabs.site.origin, quotaSize: usage + 100_000 });

    for (const tab of [page, follower]) {
      expect(await tab.evaluate(() => window.tab.appendText("large", "x".repeat(3_000_000)))).toBe("storage-full");
      expect(await tab.evaluate(() => window.tab.read())).toHaveLength(10);
    }

    await devtools.send("Storage.overrideQuotaForOrigin", { origin: tabs.site.origin });
    for (const tab of [page, follower]) {
      expect(await tab.evaluate(() => window.tab.appendText("large", "x".repeat(3_000_000)))).toBe("done");
    }
    const stored = await follower.evaluate(() => window.tab.read());
    expect(stored.map(([position]) => position)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  });

  test("a site without any room is refused as storage-full when it opens, and opens once there is room", async () => {
    const page = await visit();
    const devtools = await tabs.browser.context.newCDPSession(page);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin: tabs.site.origin, quotaSize: 1 });

    expect(await tryOpen(page, { name: "no room" })).toMatchObject({ code: "storage-full" });
    expect(await tryOpen(page, { name: "no room", fallback: "memory" })).toMatchObject({ code: "storage-full" });

    await devtools.send("Storage.overrideQuotaForOrigin", { origin: tabs.site.origin });
    expect(await tryOpen(page, { name: "no room" })).toMatchObject({ backend: "opfs" });
    expect(await page.evaluate(() => window.tab.append("kept", 0, 1))).toEqual([[0, 1]]);
  });

  test("a store reports where it keeps events, how much room there is, and whether the browser has promised to keep them", async () => {
    const page = await visit();
    const told = await tryOpen(page, { name: "told" });

    expect(told).toMatchObject({ backend: "opfs", vfs: "opfs-sahpool", persisted: false, durability: "full" });
    expect(told).toMatchObject({ quota: expect.any(Number), usage: expect.any(Number) });
    // Otherwise Chromium decides by how much the page was used.
    const promised = await page.evaluate(() => window.tab.requestPersistence());
    expect(await page.evaluate(() => window.tab.info())).toMatchObject({ persisted: promised });
    const devtools = await tabs.browser.context.newCDPSession(page);
    await devtools.send("Browser.grantPermissions", { origin: tabs.site.origin, permissions: ["durableStorage"] });
    expect(await page.evaluate(() => window.tab.requestPersistence())).toBe(true);
    expect(await page.evaluate(() => window.tab.info())).toMatchObject({ persisted: true });
  });

  test("a worker waits for files that an earlier one still holds, and nothing in them is lost", async () => {
    const before = await visit();
    await before.evaluate(() => window.tab.open({ name: "held" }));
    await before.evaluate(() => window.tab.append("kept", 0, 10));
    await before.close();

    // Two attempts fail for all six files, as while their last holder is being ended.
    tabs.site.answer = withBefore(
      "worker",
      `const { prototype } = FileSystemFileHandle;
      const open = prototype.createSyncAccessHandle;
      let refusals = 12;
      prototype.createSyncAccessHandle = function () {
        if (!this.name.startsWith(".") && refusals-- > 0) throw new DOMException("held", "NoModificationAllowedError");
        return open.call(this);
      };`,
    );
    const page = await visit();
    await page.evaluate(() => window.tab.open({ name: "held" }));

    expect(await page.evaluate(() => window.tab.read())).toHaveLength(10);
  });

  /** Inserts a line at the start of a script that makes the browser look like an older one. */
  function withBefore(asset: string, line: string): Site["answer"] {
    const address = tabs.site.asset(asset);
    return (path) => {
      if (!address.endsWith(path)) return undefined;
      const file = tabs.site.file(path);
      return { ...file, body: `${line}\n${String(file.body)}` };
    };
  }
});
