import { describe, test } from "vitest";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { useTabs } from "../support/tabs.ts";

/** Each story has its own store, whose worker takes most of the time. */
const STORIES = 8;

describe.skipIf(mayBeLeftOut("chromium"))("projections in Chromium", () => {
  const tabs = useTabs({ pages: ["projections"] });

  test.each(["in memory", "on files"] as const)(
    "whatever was appended, loaded and saved %s, a state from a snapshot equals the state folded from the start",
    async (adapter) => {
      const page = await tabs.visit();
      await page.evaluate((args) => window.playStories(...args), [adapter, STORIES] as const);
    },
  );
});
