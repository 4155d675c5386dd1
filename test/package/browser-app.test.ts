import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { build, createServer } from "vite";
import webpack from "webpack";
import { startBrowser, type Browser } from "../support/browser.ts";
import { blocksIn } from "../support/documents.ts";
import { startApplication, visitTwice } from "../support/fresh-application.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { ROOT } from "../support/run-node.ts";
import { serveFolder } from "../support/site.ts";

test("the documented application for the browser is the one tested here", () => {
  const [, ...lines] = readFileSync(join(ROOT, "test/package/browser-app/main.ts"), "utf8").split("\n");

  const blocks = blocksIn("js").filter((code) => code.includes("async function visit()"));
  expect(blocks.length).toBeGreaterThan(0);
  for (const block of blocks) expect(block).toBe(lines.join("\n"));
});

describe.skipIf(mayBeLeftOut("chromium"))("a fresh application, with the packed package and no configuration", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await startBrowser();
    return () => browser.close();
  });

  test("built by Vite, it appends its first event and finds it after a reload", async () => {
    const root = startApplication();
    await build({ root, configFile: false, logLevel: "error" });
    const site = await serveFolder(join(root, "dist"));
    onTestFinished(() => site.close());

    await visitTwice(browser, site.url("index"));
  });

  test("on Vite's development server, it appends its first event and finds it after a reload", async () => {
    const server = await createServer({
      root: startApplication(),
      configFile: false,
      logLevel: "error",
      server: { host: "127.0.0.1", port: 0 },
    });
    onTestFinished(() => server.close());
    await server.listen();

    await visitTwice(browser, server.resolvedUrls?.local[0] as string);
  });

  test.each(["production", "development"] as const)(
    "built by webpack for %s, it appends its first event and finds it after a reload",
    async (mode) => {
      const root = startApplication();
      renameSync(join(root, "main.ts"), join(root, "main.js"));
      await packWithWebpack(root, mode);
      const page = readFileSync(join(root, "index.html"), "utf8").replace("main.ts", "main.js");
      writeFileSync(join(root, "dist/index.html"), page);
      const site = await serveFolder(join(root, "dist"));
      onTestFinished(() => site.close());

      await visitTwice(browser, site.url("index"));
    },
  );
});

/** As `webpack --entry ./main.js` does. */
async function packWithWebpack(root: string, mode: "production" | "development"): Promise<void> {
  const compiler = webpack({ context: root, mode, entry: { main: "./main.js" }, output: { path: join(root, "dist") } });
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    compiler.run((error, done) => (error === null ? resolve(done) : reject(error)));
  });
  await new Promise<void>((resolve) => compiler.close(() => resolve()));
  expect(stats?.toJson({ all: false, errors: true }).errors).toEqual([]);
}
