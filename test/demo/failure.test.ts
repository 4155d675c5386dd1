import Database from "better-sqlite3";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { writeFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createSteps } from "../../demo/counter/append-many.ts";
import { changeOf } from "../../demo/counter/counter.ts";
import type { CounterEvent } from "../../demo/counter/events.ts";
import { openCounterService } from "../../demo/counter/open-service.ts";
import { formatNumber } from "../../demo/page/ui/format.ts";
import { startBrowser, type Browser } from "../support/browser.ts";
import { counterCard, openCounters, openDemoSite, press, valueOf } from "../support/demo-page.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { DESKTOP, PHONE, picture, seriousIn, sticksOut } from "../support/looks.ts";
import { appendOddEvents, ODD_COUNT } from "../support/odd-counter-events.ts";
import type { Site } from "../support/site.ts";
import { temporaryPath } from "../support/temporary.ts";

const COFFEE = "Cups of coffee";

/** A time that can be stored, beyond all dates. */
const NO_DATE = Number.MAX_SAFE_INTEGER - 1_000;

describe.skipIf(mayBeLeftOut("chromium"))("a file that the page did not write", () => {
  let site: Site;
  let browser: Browser;

  beforeAll(async () => {
    [site, browser] = await Promise.all([openDemoSite(), startBrowser()]);
  });
  afterEach(async () => {
    for (const page of browser.context.pages().slice(1)) await page.close();
    await browser.close();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  test("an imported file with every odd event is shown, counted on, and travelled through", async () => {
    const path = temporaryPath();
    {
      await using store = await openEventStore(betterSqlite3({ path }));
      await store.stream("counter-untouched").append({ type: "opened", data: { label: "Untouched" } });
      await appendOddEvents(store);
    }
    changeFile(path, "UPDATE events SET timestamp = ? WHERE position = (SELECT max(position) FROM events)", NO_DATE);
    const page = await openCounters(browser, site.url("index"));
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));

    await importFile(page, path);

    await counterCard(page, "Untouched").waitFor();
    await press(page, "Add 1 to Untouched", 2);
    await expect.poll(() => valueOf(page, "Untouched")).toBe("2");
    await press(page, "Undo in Untouched");
    await expect.poll(() => valueOf(page, "Untouched")).toBe("1");
    await page.getByText(/, or parts of them: the log says why\./).waitFor();
    // The newest events are those of a stream that is no counter.
    await page.locator(".log-body .fault").first().waitFor();
    await page
      .locator(".log-body .log-row", { has: page.locator(".fault") })
      .first()
      .click();
    await page.getByText(/^Its stream is not that of a counter\.$/).waitFor();
    await page.getByText(`${NO_DATE} ms, which is no date`).waitFor();
    await page.getByLabel("Counter in the plot").selectOption("counter-odd");
    await page.getByRole("radio", { name: "by time" }).check();
    for (const size of [PHONE, DESKTOP]) {
      await page.setViewportSize(size);
      await expect.poll(() => sticksOut(page)).toBe(0);
      expect(await seriousIn(page)).toEqual([]);
      await picture(page, `odd-${size.width}`);
    }
    for (const position of [ODD_COUNT, Math.floor(ODD_COUNT / 2), 0]) {
      await page.getByLabel("Travel through time").fill(String(position));
      const place = position === 0 ? "before the first event" : `after event ${position.toLocaleString("en")} of`;
      await page.getByRole("status").getByText(place).waitFor();
    }
    await press(page, "Back to now");
    await press(page, "Rebuild from the events");
    await page.getByText(/^Rebuilt from/).waitFor();
    await page.reload();
    await expect.poll(() => valueOf(page, "Untouched")).toBe("1");
    expect(errors).toEqual([]);
  });

  test("a ranking that fails is told beside it, and is mended there; the rest of the page works", async () => {
    const path = await fileWith("Whole");
    {
      const store = await openEventStore(betterSqlite3({ path }));
      await (await openCounterService(store)).close();
    }
    const file = new Database(path);
    const [tables] = file.prepare("SELECT name FROM sqlite_schema WHERE name LIKE '%totals'").pluck().all();
    file.close();
    // JavaScript cannot hold this number.
    changeFile(path, `UPDATE "${String(tables)}" SET value = 9007199254740993 + ?`, 0);
    const page = await openCounters(browser, site.url("index"));
    await importFile(page, path);

    await page.getByText("The ranking is no longer updated.").waitFor();
    await press(page, "Add 1 to Whole");
    await expect.poll(() => valueOf(page, "Whole")).toBe("1");
    for (const size of [PHONE, DESKTOP]) {
      await page.setViewportSize(size);
      expect(await sticksOut(page)).toBe(0);
      expect(await seriousIn(page)).toEqual([]);
    }
    await press(page, "Rebuild from the events");
    await page.getByText(/^Rebuilt from/).waitFor();
    await press(page, "Open again");
    await page.getByRole("rowheader", { name: "Whole" }).waitFor();
    expect(await page.getByText("The ranking is no longer updated.").count()).toBe(0);
  });

  test.each([
    ["opening", { "counter-x": null }],
    ["drawing", { "counter-x": { label: "X", value: 1, version: 1, open: true } }],
  ])("the failure of a page at %s is left by folding again, with all counters and events", async (_, state) => {
    const page = await openCounters(browser, site.url("index"));
    const broken = await fileWithState(state);
    const value = await sumIn(broken);
    await importFile(page, broken);

    await press(page, "Fold again from the events");

    await expect.poll(() => valueOf(page, "X")).toBe(formatNumber(value));
    await press(page, "Add 1 to X");
    await expect.poll(() => valueOf(page, "X")).toBe(formatNumber(value + 1));
    await page.reload();
    await expect.poll(() => valueOf(page, "X")).toBe(formatNumber(value + 1));
    await page.getByLabel("Travel through time").fill("1001");
    await page.getByRole("status").getByText("after event 1,001 of").waitFor();
    await expect.poll(() => valueOf(page, "X")).toBe(formatNumber(value));
  });

  test.each([
    ["opening", { "counter-x": null }],
    ["drawing", { "counter-x": { label: "X", value: 1, version: 1, open: true } }],
  ])("the failure of a page at %s is left by exporting, and by another file", async (_, state) => {
    const page = await openCounters(browser, site.url("index"));
    const [broken, whole] = [await fileWithState(state), await fileWith("Whole")];
    await importFile(page, broken);
    const failure = page.getByRole("alert").getByRole("heading");
    await failure.waitFor();
    for (const size of [PHONE, DESKTOP]) {
      await page.setViewportSize(size);
      expect(await sticksOut(page)).toBe(0);
      expect(await seriousIn(page)).toEqual([]);
      await picture(page, `failure-${size.width}`);
    }

    expect(await exportedHead(page)).toBe(1_001);
    const letter = temporaryPath();
    writeFileSync(letter, "This is a letter to my grandmother. ".repeat(500));
    await importFile(page, letter);
    await page.getByText("The chosen file is not one that rivulet can read.").waitFor();
    await failure.waitFor();
    await importFile(page, whole);

    await counterCard(page, "Whole").waitFor();
    await press(page, "Add 1 to Whole");
    await expect.poll(() => valueOf(page, "Whole")).toBe("1");
    await page.reload();
    await expect.poll(() => valueOf(page, "Whole")).toBe("1");
  });

  test("whoever starts anew is asked first, and has the page as it was at first", async () => {
    const page = await openCounters(browser, site.url("index"));
    await importFile(page, await fileWithState({ "counter-x": null }));
    await press(page, "Start anew …");
    const question = page.getByRole("group", { name: "Before the events are removed" });
    await question.waitFor();
    await press(page, "Cancel");
    await question.waitFor({ state: "detached" });
    await page.reload();
    await press(page, "Start anew …");
    await press(page, "Remove them");

    await counterCard(page, COFFEE).waitFor();
    await press(page, `Add 1 to ${COFFEE}`);
    await expect.poll(() => valueOf(page, COFFEE)).toBe("1");
  });

  test("a database of a newer version is not removed, and only a reload is offered", async () => {
    const page = await openCounters(browser, site.url("index"));
    await importFile(page, await fileWithState({ "counter-x": null }));
    const whole = await fileWith("Whole");
    await press(page, "Start anew …");
    // Meanwhile another tab, with the newer version of the page, has opened it.
    await expect.poll(() => page.evaluate(changeFormat, 1)).toBe(1);
    await press(page, "Remove them");
    await page.getByText("A newer version of this page wrote the database.").waitFor();
    await press(page, "Close this message");
    await page.getByText("A newer version of this page wrote the database.").waitFor({ state: "detached" });
    // The file is sound, too, and is not blamed.
    await importFile(page, whole);
    await page.getByText("A newer version of this page wrote the database.").waitFor();
    expect(await page.evaluate(databasesOf)).toEqual(["counters"]);

    await page.reload();
    await page.getByRole("heading", { name: "A newer version of this page wrote the database." }).waitFor();
    await page.getByRole("button", { name: "Reload" }).waitFor();
    for (const name of ["Start anew …", "Import …", "Export"]) {
      expect(await page.getByRole("button", { name }).count(), name).toBe(0);
    }
    await expect.poll(() => page.evaluate(changeFormat, -1)).toBe(1);
    await press(page, "Reload");
    expect(await exportedHead(page)).toBe(1_001);
  });

  test.each(["Start anew …", "Import …"])("a database that cannot be opened at all is left by “%s”", async (way) => {
    const page = await openCounters(browser, site.url("index"));
    // A page of the same site, without the database.
    await page.goto(`${site.origin}/icon.svg`);
    await expect.poll(() => page.evaluate(damageFiles)).toBeGreaterThan(0);
    await page.goto(site.url("index"));
    await page
      .getByText("The database is damaged.")
      .or(page.getByText(/not one that rivulet can read/))
      .waitFor();

    await page.getByText("They cannot be exported").waitFor();
    expect(await page.getByRole("button", { name: "Export" }).count()).toBe(0);
    const letter = temporaryPath();
    writeFileSync(letter, "This is a letter to my grandmother. ".repeat(500));
    await page.getByLabel("Database to import").setInputFiles(letter);
    await page.getByText("Nothing brings them back.").waitFor();
    expect(await page.getByRole("button", { name: "Export first" }).count()).toBe(0);
    await press(page, "Replace");
    await page.getByText("The chosen file is not one that rivulet can read.").waitFor();
    // The database in which the file was checked does not stay.
    expect(await page.evaluate(databasesOf)).toEqual(["counters"]);

    if (way === "Import …") await importFile(page, await fileWith("Whole"));
    else {
      await press(page, way);
      await press(page, "Remove them");
    }

    const label = way === "Import …" ? "Whole" : COFFEE;
    await counterCard(page, label).waitFor();
    await press(page, `Add 1 to ${label}`);
    await expect.poll(() => valueOf(page, label)).toBe("1");
  });
});

async function importFile(page: Page, path: string): Promise<void> {
  await page.getByLabel("Database to import").setInputFiles(path);
  await press(page, "Replace");
}

async function fileWith(label: string): Promise<string> {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path }));
  await store.stream("counter-whole").append({ type: "opened", data: { label } });
  return path;
}

/** A file whose snapshot of the counters is a state that no fold of this page has. */
async function fileWithState(state: unknown): Promise<string> {
  const path = temporaryPath();
  const store = await openEventStore(betterSqlite3({ path }));
  const counter = store.stream<CounterEvent>("counter-x");
  await counter.append({ type: "opened", data: { label: "X" } });
  for (const events of createSteps(1_000, { tab: "Otter" })) await counter.append(events);
  const service = await openCounterService(store);
  await service.close();
  changeFile(path, "UPDATE snapshots SET state = ? WHERE projection LIKE '%counters%'", JSON.stringify(state));
  return path;
}

/** The value of the counter of {@link fileWithState} by its events. */
async function sumIn(path: string): Promise<number> {
  await using store = await openEventStore(betterSqlite3({ path }));
  const events = await store.stream<CounterEvent>("counter-x").read().toArray();
  return events.reduce((sum, event) => sum + changeOf(event), 0);
}

/** Changes a file as only another program does. */
function changeFile(path: string, sql: string, value: string | number): void {
  const file = new Database(path);
  expect(file.prepare(sql).run(value).changes).toBeGreaterThan(0);
  file.close();
}

/** Runs in a page: overwrites the middle of the largest file of the database. Returns how many bytes it has. */
async function damageFiles(): Promise<number> {
  const root = await navigator.storage.getDirectory();
  const files: FileSystemFileHandle[] = [];
  await collect(root);
  const sizes = await Promise.all(files.map(async (file) => ({ file, size: (await file.getFile()).size })));
  for (const { file, size } of sizes) {
    if (size < 8_192) continue;
    const writable = await file.createWritable({ keepExistingData: true });
    // Behind the pool's header, SQLite's own.
    await writable.write({ type: "write", position: 4_096, data: "damaged ".repeat(512) });
    await writable.close();
  }
  return Math.max(...sizes.map(({ size }) => size));

  async function collect(folder: FileSystemDirectoryHandle): Promise<void> {
    for await (const one of folder.values()) {
      if (one.kind === "file") files.push(one);
      else await collect(one);
    }
  }
}

/** Runs in a page: the names of the databases of the site. */
async function databasesOf(): Promise<string[]> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle("rivulet");
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  return names;
}

/** Runs in a page: raises the format of the database that is closed. Returns how many files were changed. */
async function changeFormat(by: number): Promise<number> {
  // SQLite's `user_version` (https://sqlite.org/fileformat2.html#user_version_number), behind the pool's header.
  const place = 4_096 + 60;
  let changed = 0;
  await change(await navigator.storage.getDirectory());
  return changed;

  async function change(folder: FileSystemDirectoryHandle): Promise<void> {
    for await (const one of folder.values()) {
      if (one.kind === "directory") {
        await change(one);
        continue;
      }
      const bytes = await (await one.getFile()).slice(4_096).arrayBuffer();
      if (!new TextDecoder("latin1").decode(bytes.slice(0, 15)).startsWith("SQLite format 3")) continue;
      const format = new Uint8Array(bytes.slice(60, 64));
      format[3] = (format[3] ?? 0) + by;
      const writable = await one.createWritable({ keepExistingData: true });
      await writable.write({ type: "write", position: place, data: format });
      await writable.close();
      changed += 1;
    }
  }
}

/** Exports the database, and returns the position of its last event. */
async function exportedHead(page: Page): Promise<number> {
  const downloading = page.waitForEvent("download");
  await press(page, "Export");
  const exported = temporaryPath();
  await (await downloading).saveAs(exported);
  await using store = await openEventStore(betterSqlite3({ path: exported }));
  return store.head();
}
