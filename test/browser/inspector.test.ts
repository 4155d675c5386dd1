import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { startRivulet } from "../support/command-line.ts";
import { loadRoutedFlights, type RoutedFlight } from "../support/flights.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { useInspector } from "../support/inspector-page.ts";
import { ROOT } from "../support/run-node.ts";
import { temporaryPath } from "../support/temporary.ts";

/** What would be another element, or run, if it were read as HTML. */
const HOSTILE = `<img src=x onerror="document.title='taken'"><b id="bold">`;

describe.skipIf(mayBeLeftOut("chromium"))("the inspector in Chromium", () => {
  let page: Page;
  const flights = loadRoutedFlights().slice(1_800, 3_000);
  const { show, open, fillIn, panel, list, rowsOf, detail, counted, ...inspector } = useInspector();

  beforeEach(() => {
    page = inspector.page();
  });

  describe("with flights, an order, two consumers and a replica", () => {
    beforeEach(async () => {
      await page.evaluate(() => window.inspected.open());
      await page.evaluate((given) => window.inspected.fly(given), flights);
      await page.evaluate(() => window.inspected.cause());
    });

    test("the log shows every event by scrolling, and new ones as they come, with a few rows in the page", async () => {
      await show();
      await expect.poll(() => page.locator(".head").innerText()).toBe("1,204 events");
      await expect.poll(() => rowsOf().first().innerText()).toContain("invoiced");
      await list().evaluate((one) => one.scrollTo(0, one.scrollHeight));
      await expect.poll(() => rowsOf().last().innerText()).toContain(`airport-${flights[0]?.origin}`);
      expect(await rowsOf().last().locator(".position").innerText()).toBe("1");
      expect(await rowsOf().count()).toBeLessThan(60);

      await list().evaluate((one) => one.scrollTo(0, 0));
      await page.evaluate(() => window.inspected.append("note-1", "noted", { text: "new" }));
      await expect.poll(() => rowsOf().first().innerText()).toContain("noted");
    });

    test("events are filtered by stream, prefix and type, and found by id and position", async () => {
      await show();
      const of = (origin: string): number => flights.filter((flight) => flight.origin === origin).length;
      await fillIn("Stream", "airport-ORD");
      await expect.poll(counted).toBe(`${of("ORD")} events`);
      await fillIn("Stream", "airport-O*");
      const inO = flights.filter(({ origin }) => origin.startsWith("O")).length;
      await list().evaluate((one) => one.scrollTo(0, one.scrollHeight));
      await expect.poll(counted).toBe(`${inO} events`);
      await fillIn("Stream", "");
      await fillIn("Types", "paid, shipped");
      await expect.poll(counted).toBe("2 events");

      await fillIn("Find", "order-1-placed");
      await expect.poll(() => detail().locator("h2").innerText()).toBe("ordered");
      await fillIn("Find", "7");
      await expect.poll(() => detail().innerText()).toContain(`airport-${flights[6]?.origin}`);
      await page
        .locator(".streams .row", { hasText: "payment-1" })
        .or(page.locator(".streams .row").first())
        .first()
        .click();
      await expect.poll(() => panel().getByLabel("Stream", { exact: true }).inputValue()).not.toBe("");
    });

    test("what caused what is a tree, whose events lead to one another", async () => {
      await show();
      await rowsOf().filter({ hasText: "payment-1" }).click();
      const tree = page.locator(".causes").first();
      await expect.poll(() => tree.innerText()).toContain("shipped");
      const depths = await tree.locator(".cause").evaluateAll((all) =>
        all.map((one) => {
          let depth = 0;
          for (let up = one.closest(".causes"); up !== null; up = up.parentElement?.closest(".causes") ?? null)
            depth += 1;
          return `${depth} ${one.querySelector(".type")?.textContent}`;
        }),
      );
      expect(depths).toEqual(["1 ordered", "2 paid", "3 shipped", "2 invoiced"]);

      await tree.getByText("shipped").click();
      await expect.poll(() => detail().locator("h2").innerText()).toBe("shipped");
      expect(await detail().locator(".json").first().innerText()).toContain("parcels: 2");
    });

    test("a state is shown at any position, with what each event has changed", async () => {
      await page.evaluate(() => window.inspected.append("cart-1", "added", { item: "tea", pieces: 1 }));
      await page.evaluate(() => window.inspected.append("cart-1", "added", { item: "rice", pieces: 2 }));
      await show();
      // A position that is given before the newest one is known is not lost.
      await page.evaluate(() => {
        const root = document.querySelector("rivulet-inspector")?.shadowRoot;
        const tabs = [...(root?.querySelectorAll<HTMLElement>("[role=tab]") ?? [])];
        tabs.find(({ textContent }) => textContent.startsWith("State"))?.click();
        const exact = root?.querySelector<HTMLInputElement>("input.exact") as HTMLInputElement;
        exact.value = "100";
        exact.dispatchEvent(new Event("change"));
      });
      await expect
        .poll(() => panel().getByRole("spinbutton", { name: "Position" }).inputValue(), { timeout: 10_000 })
        .toBe("100");
      const upTo = async (position: number): Promise<void> => {
        await panel().getByRole("spinbutton", { name: "Position" }).fill(String(position));
        await panel().getByRole("spinbutton", { name: "Position" }).press("Enter");
      };
      await upTo(100);
      const wanted = delaysOf(flights.slice(0, 100));
      const { origin = "" } = flights[99] ?? {};
      await expect.poll(() => page.locator(".differences").innerText()).toContain(`$.${origin}`);
      await expect.poll(() => page.locator(".result .json").innerText()).toContain(`${origin}:`);
      const key = page.locator(".result .json .members > details", { hasText: new RegExp(`^${origin}: `) });
      expect(await key.innerText()).toMatch(
        new RegExp(`flights: ${wanted.get(origin)?.flights}\\s+delay: ${wanted.get(origin)?.delay}`),
      );

      await page.getByLabel("Projection").selectOption({ label: "cart" });
      await fillIn("Stream", "cart-1");
      await expect.poll(() => page.locator(".differences").innerText()).toContain("$[1]");
      await page.getByRole("button", { name: "One event back" }).click();
      await expect.poll(() => page.locator(".differences").innerText()).toContain("$[0]");
      expect(await page.locator(".result .json").innerText()).not.toContain("rice");
    });

    test("read models show their rows, answer SQL, and give parked events another try", async () => {
      await show();
      await open("Read models");
      const table = page.getByRole("region", { name: "Rows of airports" });
      await table.waitFor();
      const departures = new Set(flights.filter(({ delay }) => delay <= 300).map(({ origin }) => origin));
      expect(await table.locator("tbody tr").count()).toBe(departures.size);

      await page.getByLabel("SQL").fill("SELECT sum(departures) AS flown FROM airports");
      await page.getByLabel("SQL").press("Control+Enter");
      const believed = flights.filter(({ delay }) => delay <= 300).length;
      await expect
        .poll(() => page.getByRole("region", { name: "Rows of the query" }).innerText())
        .toMatch(new RegExp(`flown\\s+${believed}`));
      await page.getByLabel("SQL").fill("DROP TABLE airports");
      await page.getByRole("button", { name: "Run" }).click();
      await expect.poll(() => page.locator(".problem").innerText()).toContain("one SELECT");

      await expect.poll(() => page.locator(".parked").innerText()).toContain("is not believed");
      const tries = page.locator(".parked .quiet").first();
      expect(await tries.innerText()).toMatch(/^1 attempt /);
      await page.getByRole("button", { name: "Retry all" }).click();
      await expect.poll(() => tries.innerText()).toMatch(/^2 attempts /);
      await page.getByRole("button", { name: "Rebuild" }).click();
      await expect.poll(() => page.locator(".parked .quiet").first().innerText()).toMatch(/^1 attempt /);
    });

    test("consumers tell who is active, what fails, and what is parked; the storage tells its leases and snapshots", async () => {
      await page.evaluate(() => window.inspected.append("cart-1", "added", { item: "tea", pieces: 1 }));
      await show();
      await open("Consumers");
      const letters = page.getByRole("article", { name: "letters" });
      await expect.poll(() => letters.innerText()).toContain("active here");
      await expect.poll(() => letters.innerText()).toContain("the passenger has no address");
      await expect
        .poll(() => page.getByRole("article", { name: "warehouse" }).innerText())
        .toContain("does not answer");
      // What went wrong has room below the words that lead to it.
      const gaps = await panel()
        .locator(".card .problem")
        .evaluateAll((all) =>
          all.map(
            (one) =>
              one.getBoundingClientRect().top - (one.previousElementSibling?.getBoundingClientRect().bottom ?? 0),
          ),
        );
      expect(gaps.filter((gap) => gap < 4)).toEqual([]);
      expect(gaps.length).toBeGreaterThan(0);

      await open("Storage");
      await expect.poll(() => panel().innerText()).toContain("consumer/letters a client calls its handler");
      await page
        .getByRole("button", { name: /^Show / })
        .first()
        .click();
      await expect.poll(() => panel().locator(".json").innerText()).toContain("flights");
      // Not the key under which it is stored.
      expect(await panel().innerText()).toContain('delays {types: ["flew"]} of the whole store at');
      expect(await panel().innerHTML()).not.toContain("@[");
    });

    test("a replica's pending and rejected commands are shown, and can be discarded", async () => {
      await page.evaluate(() => window.inspected.replicate());
      await show();
      await open("Sync");
      await expect.poll(() => panel().innerText()).toContain("only 1 left");
      expect(await panel().innerText()).toContain("Pending: 1");
      expect(await panel().innerText()).toContain("shop-*");
      await page.getByRole("button", { name: "Discard" }).click();
      await expect.poll(() => panel().innerText()).not.toContain("only 1 left");
    });

    test("an export has the chosen events, masked where that is wanted", async () => {
      await show();
      await page.getByRole("button", { name: "Export…" }).click();
      await page.getByLabel("From position").fill("1201");
      await page.getByLabel("Mask names of streams, and ids").check();
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Download" }).click(),
      ]);
      const lines = readFileSync(await download.path(), "utf8")
        .trim()
        .split("\n");
      const events = lines.map((line) => JSON.parse(line) as { readonly [key: string]: never });

      expect(events.map(({ type, stream }) => [type, stream])).toEqual([
        ["ordered", expect.stringMatching(/^stream-/)],
        ["paid", expect.stringMatching(/^stream-/)],
        ["shipped", expect.stringMatching(/^stream-/)],
        ["invoiced", expect.stringMatching(/^stream-/)],
      ]);
      expect(events[1]?.["metadata"]).toMatchObject({
        causationId: events[0]?.["id"],
        correlationId: events[0]?.["id"],
      });
    });
  });

  test("hostile text and a large value are shown as text", async () => {
    await page.evaluate(() => window.inspected.open());
    await page.evaluate(
      (text) => window.inspected.append(text, text, { [text]: text, large: "x".repeat(2_000_000) }),
      HOSTILE,
    );
    await show();
    await rowsOf().first().click();
    await expect.poll(() => detail().innerText()).toContain("show all 2,000,000 characters");

    expect(await detail().innerText()).toContain(HOSTILE);
    expect(await detail().innerHTML()).not.toContain("x".repeat(1_000));
    expect(await page.locator("#bold, rivulet-inspector img").count()).toBe(0);
    expect(await page.title()).toBe("The inspector");
  });

  test("an event is shown as it is stored, and as upcasting makes it", async () => {
    const name = `upcast-${Math.random()}`;
    await page.evaluate((called) => window.inspected.open(called), name);
    await page.evaluate(() => window.inspected.append("cart-1", "added", { item: "tea" }));
    await page.evaluate(() => window.inspected.close());
    await page.reload();
    await page.evaluate((called) => window.inspected.open(called, { upcasts: true }), name);
    await show();
    await rowsOf().first().click();

    await expect.poll(() => detail().innerText()).toMatch(/schema 1 upcast to schema 2/);
    expect(await detail().locator(".differences").innerText()).toContain("$.pieces");
  });

  test("a store that closes is told, and what was shown stays", async () => {
    await page.evaluate(() => window.inspected.open());
    await page.evaluate(() => window.inspected.append("cart-1", "noted", { text: "last" }));
    await show();
    await rowsOf().first().waitFor();
    await page.evaluate(() => window.inspected.close());

    await expect.poll(() => page.locator(".problem").first().innerText()).toContain("store-closed");
    expect(await rowsOf().first().innerText()).toContain("noted");
  });

  test("docked, it is made taller by the keyboard, moves between views by arrows, and goes when it is closed", async () => {
    await page.evaluate(() => window.inspected.open());
    await show({ docked: true });
    const handle = page.getByRole("separator");
    const height = async (): Promise<number> => (await page.locator("rivulet-inspector").boundingBox())?.height ?? 0;
    const before = await height();
    await handle.press("ArrowUp");
    expect(await height()).toBeGreaterThan(before);

    await page.getByRole("tab", { name: "Log" }).focus();
    await page.keyboard.press("ArrowRight");
    expect(await page.getByRole("tab", { name: "State" }).getAttribute("aria-selected")).toBe("true");
    await page.keyboard.press("End");
    expect(await page.getByRole("tab", { name: "Sync" }).getAttribute("aria-selected")).toBe("true");
    await page.getByRole("button", { name: "Close the inspector" }).click();
    expect(await page.locator("rivulet-inspector").count()).toBe(0);
  });

  test("without projections, the view of states says how they are given: to the element, or to the command", async () => {
    await page.evaluate(() => window.inspected.open());
    await show({ bare: true });
    await open("State");
    await expect.poll(() => panel().locator("pre").innerText()).toBe("inspector.projections = [cart, totals];");

    const path = temporaryPath();
    await using store = await openEventStore(betterSqlite3({ path }));
    await store.stream("order-1").append({ type: "ordered" });
    const child = startRivulet("inspect", path);
    onTestFinished(() => child.kill());
    const line = await child.line(path);
    await page.goto(line.slice(line.indexOf("http")));
    await open("State");
    await expect.poll(() => panel().locator("pre").innerText()).toBe("--projections ./projections.js");
  });

  test("npx rivulet inspect shows a file in a page that allows only its own script, and what others append to it", async () => {
    const path = temporaryPath();
    const store = await openEventStore(betterSqlite3({ path }));
    onTestFinished(() => store.close());
    await store.stream("order-1").append({ type: "ordered", data: { item: HOSTILE } });
    await store.consume(defineConsumer({ name: "letters", handler: () => undefined })).caughtUp();
    const module = `${path}.mjs`;
    const projections = JSON.stringify(join(ROOT, "dist/src/projections/index.js"));
    writeFileSync(
      module,
      `import { defineProjection } from ${projections};
      export const items = defineProjection({ name: "items", initial: () => [], on: { ordered: (all, { data }) => [...all, data.item] }, snapshots: { every: 1 } });`,
    );
    const child = startRivulet("inspect", path, "--projections", module);
    onTestFinished(() => child.kill());
    const line = await child.line(path);
    const errors: string[] = [];
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(line.slice(line.indexOf("http")));

    await expect.poll(() => rowsOf().first().innerText()).toContain("ordered");
    await store.stream("order-2").append({ type: "paid" });
    await expect.poll(() => rowsOf().first().innerText()).toContain("paid");
    await open("State");
    await page.getByRole("button", { name: "One event back" }).click();
    await expect.poll(() => page.locator(".differences").innerText()).toContain(`"<img src=x`);
    await open("Consumers");
    await expect.poll(() => page.getByRole("article", { name: "letters" }).innerText()).toContain("active elsewhere");
    expect(await page.getByRole("button", { name: "Import…" }).count()).toBe(0);
    expect(errors).toEqual([]);
  });
});

function delaysOf(
  flights: readonly RoutedFlight[],
): ReadonlyMap<string, { readonly flights: number; readonly delay: number }> {
  const all = new Map<string, { readonly flights: number; readonly delay: number }>();
  for (const { origin, delay } of flights) {
    const { flights: count, delay: sum } = all.get(origin) ?? { flights: 0, delay: 0 };
    all.set(origin, { flights: count + 1, delay: sum + delay });
  }
  return all;
}
