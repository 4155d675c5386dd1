import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { computeDistances } from "../support/flight-model.ts";
import { loadFlights } from "../support/flights.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { useTabs } from "../support/tabs.ts";

/** A part of the 200,000 flights, a fifth of it for each of the five tabs. */
const FLIGHTS = 50_000;
const TABS = 5;

describe.skipIf(mayBeLeftOut("chromium"))("a read model in several tabs", () => {
  const tabs = useTabs({ pages: ["flights"] });

  test.each(["leader", "follower"] as const)(
    "used by five tabs at once, of which the %s is closed midway, equals the direct computation in each",
    async (closed) => {
      const flights = loadFlights().slice(0, FLIGHTS);
      tabs.site.answer = (path) =>
        path === "/flights.json"
          ? { headers: { "content-type": "application/json" }, body: JSON.stringify(flights) }
          : undefined;
      const name = tabs.freshName();
      const pages = await Promise.all(Array.from({ length: TABS }, () => tabs.visit()));
      await Promise.all(pages.map((page) => page.evaluate((store) => window.flights.open(store), name)));
      const share = (page: Page): [number, number] => {
        const index = pages.indexOf(page);
        return [(index * FLIGHTS) / TABS, ((index + 1) * FLIGHTS) / TABS];
      };
      const record = (page: Page, [from, to]: [number, number]): Promise<void> =>
        page.evaluate((args) => window.flights.record(...args), [from, to] as const);
      const roles = await Promise.all(pages.map((page) => page.evaluate(() => window.flights.role())));
      const victim = pages[roles.indexOf(closed)] as Page;
      const others = pages.filter((page) => page !== victim);

      const recording = Promise.all(others.map((page) => record(page, share(page))));
      const interrupted = record(victim, share(victim)).then(
        () => "done",
        () => "interrupted",
      );
      await expect.poll(() => victim.evaluate(() => window.flights.position())).toBeGreaterThan(FLIGHTS / 10);
      await victim.close();
      expect(await interrupted).toBe("interrupted");
      // It is unknown how far this tab came, so another one appends all of its flights again.
      await record(others[0] as Page, share(victim));
      await recording;

      const expected = { head: FLIGHTS, distances: computeDistances(flights) };
      for (const page of others) expect(await page.evaluate(() => window.flights.everything())).toEqual(expected);
    },
  );
});
