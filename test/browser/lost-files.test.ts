import { describe, expect, test } from "vitest";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { PATIENCE, useTabs } from "../support/tabs.ts";

/** From the command on, every write of this worker fails, as in Firefox with closed files. */
const BREAKABLE = `{
  const { prototype } = FileSystemSyncAccessHandle;
  const original = prototype.write;
  let broken = false;
  new BroadcastChannel("break").addEventListener("message", () => (broken = true));
  prototype.write = function (...args) {
    if (broken) throw new DOMException("closed", "InvalidStateError");
    return original.apply(this, args);
  };
}`;

describe.skipIf(mayBeLeftOut("chromium"))("a leader that can no longer use its files", PATIENCE, () => {
  const tabs = useTabs();

  test("releases its files when its lock is stolen, and each append is stored once", async () => {
    const name = tabs.freshName();
    const [leader, writer] = [await tabs.openTab(name), await tabs.openTab(name)];
    const appended = writer.evaluate(() => window.tab.append("counted", 0, 200));
    await expect.poll(() => leader.evaluate(() => window.tab.seenCount())).toBeGreaterThan(10);

    await leader.evaluate(async () => {
      const { held = [] } = await navigator.locks.query();
      const lock = held.find((found) => found.name?.endsWith("/leader"))?.name ?? "";
      await navigator.locks.request(lock, { steal: true }, () => undefined);
    });

    const acknowledged = await appended;
    const stored = await writer.evaluate(() => window.tab.read());
    expect(stored.map(([position, , data]) => [data, position])).toEqual(acknowledged);
    expect(await leader.evaluate(() => window.tab.appendText("late", "?"))).toBe("done");
  });

  test("is followed by another after three failed writes in a row, and the third is sent again", async () => {
    const address = tabs.site.asset("worker");
    const { body, ...file } = tabs.site.file(new URL(address).pathname);
    tabs.site.answer = (path) =>
      address.endsWith(path) ? { ...file, body: `${BREAKABLE}\n${String(body)}` } : undefined;
    const page = await tabs.openTab(tabs.freshName());
    await page.evaluate(() => window.tab.append("counted", 0, 5));
    await page.evaluate(() => new BroadcastChannel("break").postMessage("now"));
    await expect
      .poll(() => page.evaluate(() => window.tab.appendText("texts", "probe")))
      .toContain("storage-unavailable");

    expect(await page.evaluate(() => window.tab.appendText("texts", "second"))).toContain("storage-unavailable");
    expect(await page.evaluate(() => window.tab.appendText("texts", "third"))).toBe("done");
    const stored = await page.evaluate(() => window.tab.read());
    expect(stored.map(([position]) => position)).toEqual(stored.map((_, index) => index + 1));
    expect(stored.at(-1)?.[2]).toBe("third");
    expect(stored.map(([, , data]) => data)).not.toContain("second");
  });
});
