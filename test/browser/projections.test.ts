import { describe, test } from "vitest";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { useTabs } from "../support/tabs.ts";

/** Each in a store of its own, whose worker takes the most of the time. */
const STORIES = 8;

describe.skipIf(mayBeLeftOut("chromium"))("projections in Chromium", () => {
  const tabs = useTabs({ pages: ["projections"] });

  test.each(["in memory", "on files"] as const)(
    "whatever was appended, loaded and kept %s, a state through snapshots is the state from the start",
    async (place) => {
      const page = await tabs.visit();
      await page.evaluate((args) => window.playStories(...args), [place, STORIES] as const);
    },
  );
});
