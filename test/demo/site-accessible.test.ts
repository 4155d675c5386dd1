/** Every page of the site as axe sees it. */
import { readdirSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { makeDocuments, openDocuments, type OpenDocuments } from "../support/documents-site.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { faintIn } from "../support/letters.ts";
import { DESKTOP, findCovered, PHONE, seriousIn, THEMES } from "../support/looks.ts";

/** Each test has a share of the pages, so that none comes near its time limit on a busy machine. */
const SHARES = [0, 1, 2, 3] as const;
/** The rule that looks at every letter. `faintIn` does the same in less time. */
const CONTRAST = "color-contrast";

describe.skipIf(mayBeLeftOut("chromium"))("the pages of the site have no accessibility problems", () => {
  let opened: OpenDocuments;
  let pages: readonly string[];
  const readable = new Set<string>();

  beforeAll(async () => {
    const files = await makeDocuments();
    pages = readdirSync(files.folder).filter((name) => name.endsWith(".html"));
    opened = await openDocuments(files);
    // The search loads its index in every page, which nothing here looks at.
    opened.site.answer = (asked) => (asked.endsWith("/search.json") ? { body: "{}" } : undefined);
    return async () => {
      await opened.close();
      files.remove();
    };
  });

  test.each(SHARES)("every page, in both themes: share %i of the pages", { timeout: 180_000 }, async (share) => {
    const { page, root } = opened;
    const found: string[] = [];
    for (const [index, name] of pages.entries()) {
      if (index % SHARES.length !== share) continue;
      await page.setViewportSize(index % 3 === 0 ? DESKTOP : PHONE);
      await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
      await page.goto(`${root}/${name}`, { waitUntil: "domcontentloaded" });
      const light = await faintIn(page, readable);
      const all = await seriousIn(page, [CONTRAST]);
      // The other theme changes nothing but colours.
      await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
      const dark = await faintIn(page, readable);
      found.push(...[...light, ...all, ...dark].map((text) => `${name}: ${text}`));
    }
    expect(found).toEqual([]);
  });

  // One of each kind: what is laid out in another way on a phone may have other problems there.
  test.each(["index", "append", "performance", "comparison", "api-rivulet-projections"])(
    "a page on a phone and on a desk, in both themes: %s",
    async (name) => {
      const { page } = opened;
      await page.goto(opened.urlOf(name));
      for (const [size, viewport] of Object.entries({ desk: DESKTOP, phone: PHONE })) {
        await page.setViewportSize(viewport);
        expect(await seriousIn(page, [CONTRAST]), size).toEqual([]);
        expect(await page.evaluate(findCovered), size).toEqual([]);
        for (const colorScheme of THEMES) {
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          expect(await faintIn(page, readable), `${size}, ${colorScheme}`).toEqual([]);
        }
      }
    },
  );

  test("nothing was complained of", () => {
    expect(opened.complaints).toEqual([]);
  });
});
