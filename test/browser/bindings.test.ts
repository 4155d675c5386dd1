import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

/** Each with its plugin, its entry point for a server, and what follows the address of its page. */
const FRAMEWORKS: Readonly<Record<string, readonly [string, () => PluginOption, string, string]>> = {
  Vue: ["vue", () => vue(), "server.js", ""],
  "Svelte with runes": ["svelte", () => svelte({ configFile: false }), "server.js", ""],
  "Svelte with stores": ["svelte", () => svelte({ configFile: false }), "server.js", "#stores"],
  Solid: ["solid", () => solid({ ssr: true }), "server.jsx", ""],
};

let browser: Browser;

beforeAll(async () => {
  if (mayBeLeftOut("chromium")) return undefined;
  browser = await startBrowser();
  return () => browser.close();
});

describe.skipIf(mayBeLeftOut("chromium")).each(Object.entries(FRAMEWORKS))(
  "in Chromium with %s",
  (_name, framework) => {
    const [folder, plugin, server, hash] = framework;
    const root = `test/browser/bindings/${folder}`;
    let site: Site;
    let page: Page;
    let complaints: string[];

    beforeAll(async () => {
      site = await openSite({ pages: ["index", "documented"], root, config: { plugins: [plugin()] } });
      return () => site.close();
    });

    beforeEach(async () => {
      complaints = [];
      page = await browser.open();
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
      });
      await page.goto(`${site.url("index")}${hash}`);
      return () => page.close();
    });

    test("components show a projection's state and a query's rows, every newer one, and those of other inputs", async () => {
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
    });

    test("a command shows that it is pending, its result, and its error until it is called again", async () => {
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

    test("everything is closed when the components are gone", async () => {
      await start();
      await shows({ total: "0 of all" });

      await page.evaluate(() => window.bound.unmount());

      await expect.poll(() => page.evaluate(() => window.bound.counts())).toEqual([0, 2]);
      await page.evaluate(() => window.bound.append("a", 1));
      expect(complaints).toEqual([]);
    });

    test("an error that stops a projection reaches the boundary", async () => {
      await start();
      await shows({ total: "0 of all" });

      await page.evaluate(() => window.bound.breakDown());

      await shows({ error: "projection-failed" });
      await expect.poll(() => page.evaluate(() => window.bound.counts()[0])).toBe(0);
    });

    test("a server renders the initial state without opening anything, and the page hydrates without errors", async () => {
      const [html, withStore, opened] = await renderOnServer();

      expect(html).toContain("0 so far");
      expect(withStore).toBe(html);
      expect(opened).toBe(0);
      expect(await page.evaluate((text) => window.bound.hydrate(text), html)).toBe("0 so far");
      expect(complaints).toEqual([]);
    });

    test("the documented component counts its clicks", async () => {
      await page.goto(site.url("documented"));
      await page.getByRole("button", { name: "0" }).click();
      await page.getByRole("button", { name: "1" }).click();
      await page.getByRole("button", { name: "2" }).waitFor();
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

    /** Renders in Node, without a store, and with one that refuses to be used. */
    async function renderOnServer(): Promise<readonly [html: string, withStore: string, opened: number]> {
      const output = mkdtempSync(join(ROOT, ".build/browser/server-"));
      try {
        const entry = join(ROOT, root, server);
        await build({
          root: join(ROOT, root),
          configFile: join(ROOT, "vite.config.ts"),
          logLevel: "error",
          plugins: [plugin()],
          build: { ssr: entry, outDir: output, rolldownOptions: { output: { entryFileNames: "server.mjs" } } },
        });
        const script = join(output, "main.mjs");
        writeFileSync(
          script,
          `import { render } from "./server.mjs";
        let opened = 0;
        const refuse = () => { opened += 1; throw new Error("a server opens nothing"); };
        const given = { store: undefined, model: undefined, options: {}, least: 0 };
        const busy = { ...given, store: { project: refuse }, model: { live: refuse } };
        const rendered = [await render(given, "${hash.slice(1)}"), await render(busy, "${hash.slice(1)}")];
        console.log(JSON.stringify([...rendered, opened]));`,
        );
        return JSON.parse(await runNode(script)) as [string, string, number];
      } finally {
        rmSync(output, { recursive: true, force: true });
      }
    }
  },
);
