import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import vue from "@vitejs/plugin-vue";
import type { Page } from "playwright-core";
import { build, type PluginOption } from "vite";
import solid from "vite-plugin-solid";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { ROOT, runNode } from "../support/run-node.ts";
import { openSite, type Site } from "../support/site.ts";

const FOLDER = "test/browser/bindings";

/** Each with its folder, and with what follows the address of its page. */
const FRAMEWORKS = {
  React: ["react", ""],
  Vue: ["vue", ""],
  "Svelte with runes": ["svelte", ""],
  "Svelte with stores": ["svelte", "#stores"],
  Solid: ["solid", ""],
} as const;

/** The entry points of their servers, by folder. */
const SERVERS = { react: "server.tsx", solid: "server.jsx", svelte: "server.js", vue: "server.js" };

const plugins = (): PluginOption[] => [
  vue(),
  svelte({ configFile: false }),
  solid({ ssr: true, include: /bindings\/solid\// }),
];

/** What a server has rendered. */
interface Rendered {
  readonly html: string;
  /** With a store and a model that refuse to be used. */
  readonly withStore: string;
  /** How often they were used. */
  readonly opened: number;
  /** The component that shows a last known state. */
  readonly known: string;
}

describe.skipIf(mayBeLeftOut("chromium"))("in Chromium", () => {
  let browser: Browser;
  let site: Site;
  let rendered: readonly Rendered[];

  beforeAll(async () => {
    const folders = Object.keys(SERVERS);
    const documented = folders.filter((folder) => folder !== "react");
    const pages = [
      ...folders.map((folder) => `${folder}/index`),
      ...documented.map((folder) => `${folder}/documented`),
    ];
    [site, rendered, browser] = await Promise.all([
      openSite({ pages, root: FOLDER, config: { plugins: plugins() } }),
      renderOnServer(),
      startBrowser(),
    ]);
    return async () => {
      await browser.close();
      await site.close();
    };
  });

  describe.each(Object.entries(FRAMEWORKS))("with %s", (name, [folder, hash]) => {
    /** The hooks of React have tests of their own for what is left out here. */
    const others: (title: string, run: () => Promise<void>) => void = folder === "react" ? () => undefined : test;
    let page: Page;
    let complaints: string[];

    beforeEach(async () => {
      complaints = [];
      page = await browser.open();
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
      });
      await page.goto(`${site.url(`${folder}/index`)}${hash}`);
      return () => page.close();
    });

    others(
      "components show a projection's state and a query's rows, every newer one, and those of other inputs",
      async () => {
        await start();
        await shows({ total: "0 of all", counts: "" });

        await page.evaluate(() => Promise.all([window.bound.append("a", 2), window.bound.append("b", 4)]));
        await shows({ total: "6 of all", counts: "a 2, b 4" });
        expect(await page.evaluate(() => window.bound.counts())).toEqual([2, 2]);

        await page.evaluate(() => window.bound.show({ options: { stream: "b" }, least: 4 }));
        await shows({ total: "4 of all", counts: "b 4" });
        await page.evaluate(() => window.bound.append("b", 1));
        await shows({ total: "5 of all", counts: "b 5" });
        expect((await page.evaluate(() => window.bound.counts()))[0]).toBe(2);

        await page.evaluate(() => window.bound.show({ none: true }));
        await shows({ total: "0 so far", counts: "" });
        expect((await page.evaluate(() => window.bound.counts()))[0]).toBe(0);
        expect(complaints).toEqual([]);
      },
    );

    others("a command shows that it is pending, its result, and its error until it is called again", async () => {
      await start();
      await shows({ command: "idle well " });

      await page.evaluate(() => window.bound.hold());
      await page.click("#add");
      await shows({ command: "pending well " });
      expect(await page.isDisabled("#add")).toBe(true);
      await page.evaluate(() => window.bound.release());
      await shows({ command: "idle well 1", total: "2 of all" });
      await page.click("#refused");
      await shows({ command: "idle refused 1" });
      await page.click("#add");
      await shows({ command: "idle well 2", total: "4 of all" });
      expect(complaints).toEqual([]);
    });

    others("everything is closed when the components are gone", async () => {
      await start();
      await shows({ total: "0 of all" });

      await page.evaluate(() => window.bound.unmount());

      await expect.poll(() => page.evaluate(() => window.bound.counts())).toEqual([0, 2]);
      await page.evaluate(() => window.bound.append("a", 1));
      expect(complaints).toEqual([]);
    });

    others("an error that stops a projection reaches the boundary", async () => {
      await start();
      await shows({ total: "0 of all" });

      await page.evaluate(() => window.bound.breakDown());

      await shows({ error: "projection-failed" });
      await expect.poll(() => page.evaluate(() => window.bound.counts()[0])).toBe(0);
    });

    test("a server renders the initial state without opening anything, and the page hydrates without errors", async () => {
      const { html, withStore, opened } = renderedOf(name);

      expect(html).toContain("0 so far");
      expect(withStore).toBe(html);
      expect(opened).toBe(0);
      expect(await page.evaluate((text) => window.bound.hydrate(text), html)).toBe("0 so far");
      expect(complaints).toEqual([]);
    });

    test("a last known state is shown once a server's page is hydrated, until the history is read", async () => {
      const database = await page.evaluate(() => crypto.randomUUID());
      const texts = (): Promise<readonly string[]> => page.evaluate(() => window.bound.texts());
      const { known } = renderedOf(name);
      const hydrate = (): Promise<boolean> =>
        page.evaluate(([html, called]) => window.bound.hydrateKnown(html, called), [known, database] as const);

      expect(await hydrate()).toBe(true);
      await page.evaluate(() => window.bound.openKnown());
      await expect.poll(texts).toEqual(["0 so far", "0 of all"]);
      await page.evaluate(() => window.bound.append("a", 2));
      await expect.poll(texts).toEqual(["0 so far", "0 of all", "2 of all!"]);

      await page.reload();
      expect(await hydrate()).toBe(true);
      await expect.poll(texts).toEqual(["0 so far", "2 so far!"]);
      await page.evaluate(() => window.bound.openKnown());
      await expect.poll(texts).toEqual(["0 so far", "2 so far!", "2 of all!"]);
      await page.evaluate(() => window.bound.append("a", 3));
      await expect.poll(texts).toEqual(["0 so far", "2 so far!", "2 of all!", "5 of all!"]);
      expect(complaints).toEqual([]);
    });

    test("each mount has a command of its own, which is up to date when it is shown again, and told of to nobody once it is gone", async () => {
      await start();
      await page.evaluate(() => window.bound.mountAnother());
      await shows({ command: "idle well " });
      await page.evaluate(() => window.bound.hold());
      await page.click("#root #add");
      await shows({ command: "pending well " });
      await expect.poll(() => page.textContent("#other #command")).toMatch(/^idle well/);

      await page.evaluate(() => window.bound.show({ hidden: true }));
      await page.evaluate(() => window.bound.release());
      await expect.poll(() => page.textContent("#other #total")).toBe("2 of all");
      await page.evaluate(() => window.bound.show({}));
      await shows({ command: "idle well 1" });

      const told = await page.evaluate(async () => {
        const { bound } = window;
        bound.hold();
        const running = bound.run(3);
        bound.unmount();
        const before = bound.told();
        bound.release();
        const results = [await running, await bound.run(4)];
        return { before: before > 0, after: bound.told() - before, results };
      });
      expect(told).toEqual({ before: true, after: 0, results: [2, 3] });
      expect(complaints).toEqual([]);
    });

    others("the documented component counts its clicks", async () => {
      await page.goto(site.url(`${folder}/documented`));
      // The documented components of all frameworks share a database.
      const button = page.locator("button:enabled");
      const before = Number(await button.innerText());
      await button.click();
      await page.getByRole("button", { name: String(before + 1), disabled: false }).click();
      await page.getByRole("button", { name: String(before + 2), disabled: false }).waitFor();
      expect(complaints).toEqual([]);
    });

    const start = (): Promise<void> => page.evaluate(() => window.bound.start());

    /** What elements show, by id, without the space at the end of a line. */
    async function shows(expected: Readonly<Record<string, string>>): Promise<void> {
      const found = (): Promise<Record<string, string | undefined>> =>
        page.evaluate(
          (ids) => Object.fromEntries(ids.map((id) => [id, document.getElementById(id)?.textContent])),
          Object.keys(expected),
        );
      const trimmed = (texts: object): object =>
        Object.fromEntries(Object.entries(texts).map(([id, text]) => [id, (text as string | undefined)?.trim()]));
      await expect.poll(async () => trimmed(await found())).toEqual(trimmed(expected));
    }
  });

  function renderedOf(name: string): Rendered {
    return rendered[Object.keys(FRAMEWORKS).indexOf(name)] as Rendered;
  }
});

/** Renders in Node, for each framework. */
async function renderOnServer(): Promise<readonly Rendered[]> {
  mkdirSync(join(ROOT, ".build/browser"), { recursive: true });
  const output = mkdtempSync(join(ROOT, ".build/browser/server-"));
  try {
    const input = Object.entries(SERVERS).map(([folder, file]) => [folder, join(ROOT, FOLDER, folder, file)]);
    await build({
      root: join(ROOT, FOLDER),
      configFile: join(ROOT, "vite.config.ts"),
      logLevel: "error",
      plugins: plugins(),
      build: {
        ssr: true,
        outDir: output,
        rolldownOptions: { input: Object.fromEntries(input), output: { entryFileNames: "[name].mjs" } },
      },
    });
    const script = join(output, "main.mjs");
    writeFileSync(
      script,
      `const rendered = [];
      for (const [folder, hash] of ${JSON.stringify(Object.values(FRAMEWORKS))}) {
        const { render, renderKnown } = await import(\`./\${folder}.mjs\`);
        const kind = hash.slice(1);
        let opened = 0;
        const refuse = () => { opened += 1; throw new Error("a server opens nothing"); };
        const given = { store: undefined, model: undefined, options: {}, least: 0 };
        const html = await render(given, kind);
        const withStore = await render({ ...given, store: { project: refuse }, model: { live: refuse } }, kind);
        rendered.push({ html, withStore, opened, known: await renderKnown(kind) });
      }
      console.log(JSON.stringify(rendered));`,
    );
    return JSON.parse(await runNode(script)) as Rendered[];
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}
