import { test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { openSite } from "../support/site.ts";
import { loadRoutedFlights } from "../support/flights.ts";
import { picture, seriousIn, sticksOut } from "../support/looks.ts";

test("shots", async () => {
  const site = await openSite({ pages: ["inspector"] });
  const browser = await startBrowser();
  try {
    const page = await browser.open();
    page.on("pageerror", (e) => console.log("pageerror", String(e)));
    page.on("console", (m) => console.log(m.type(), m.text()));
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(site.url("inspector"));
    await page.addStyleTag({
      content: "html,body,main{margin:0;height:100%} h1{display:none} rivulet-inspector{height:100%!important}",
    });
    await page.evaluate(() => window.inspected.open());
    const flights = loadRoutedFlights();
    flights.sort((a, b) => (a.date < b.date ? -1 : 1));
    await page.evaluate((f) => window.inspected.fly(f), flights.slice(0, Number(process.env.N ?? 6000)));
    await page.evaluate(() => window.inspected.cause());
    await page.evaluate(() =>
      window.inspected.append("cart-1", "added", {
        item: "tea <b>x</b>",
        pieces: 2,
        note: "x".repeat(900),
        deep: { a: [1, 2, { b: null }] },
      }),
    );
    console.log("repl");
    await page.evaluate(() => window.inspected.replicate());
    await page.evaluate(() => window.inspected.show());
    await page.waitForTimeout(1000);
    const tab = (n: string) => page.getByRole("tab", { name: n }).click();
    for (const [w, h] of [
      [1280, 800],
      [390, 844],
    ] as const)
      for (const scheme of ["light", "dark"] as const) {
        await page.setViewportSize({ width: w, height: h });
        await page.emulateMedia({ colorScheme: scheme });
        const shot = async (n: string) => {
          await page.waitForTimeout(500);
          await picture(page, `insp-${w}-${scheme}-${n}`);
          const s = await seriousIn(page);
          if (s.length) console.log(n, w, scheme, s.slice(0, 5));
          const o = await sticksOut(page);
          if (o) console.log("sticks", n, w, o);
        };
        await tab("Log");
        await shot("log");
        await page.locator("rivulet-inspector .row .stream", { hasText: "payment-1" }).first().click();
        await shot("log-event");
        await page.getByRole("button", { name: "Close the event" }).click();
        await tab("State");
        await page.waitForTimeout(500);
        await shot("state");
        await tab("Read models");
        await shot("models");
        await tab("Consumers");
        await shot("consumers");
        await tab("Storage");
        await shot("storage");
        await tab("Sync");
        await shot("sync");
        await tab("Log");
        await page.getByRole("button", { name: "Export…" }).click();
        await shot("export");
        await page.keyboard.press("Escape");
      }
  } finally {
    await browser.close();
    await site.close();
  }
}, 240000);
