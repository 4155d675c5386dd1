import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, test } from "vitest";
import { startBrowser, type Browser } from "../support/browser.ts";
import { visitTwice } from "../support/fresh-application.ts";
import { startProject, type Project } from "../support/framework.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { ROOT } from "../support/run-node.ts";
import { commandOf } from "../support/runtimes.ts";

/** The documented application for a browser, up to the line that starts it. */
const VISIT = readFileSync(join(ROOT, "test/package/browser-app/main.ts"), "utf8").replace("\nvoid visit();\n", "");

const HOST = ["--port=0", "--host=127.0.0.1"];
const HOSTNAME = ["--port=0", "--hostname=127.0.0.1"];

/** The time limit of an installation, or of a build on a busy machine, in milliseconds. */
const LONGEST = 600_000;

describe.skipIf(mayBeLeftOut("chromium"))("the documented application in a framework", { timeout: LONGEST }, () => {
  let browser: Browser;
  let project: Project;

  beforeAll(async () => {
    browser = await startBrowser();
    return () => browser.close();
  });

  describe("Next 16", () => {
    const next = "node_modules/next/dist/bin/next";

    beforeAll(() => {
      project = startProject({
        dependencies: { next: "16.4.6", react: "19.3.1", "react-dom": "19.3.1" },
        node: process.execPath,
        files: {
          "public/favicon.ico": "",
          "app/layout.jsx": `export default ({ children }) => <html><body>{children}</body></html>;`,
          "app/page.jsx": `"use client";
            import { useEffect } from "react";
            ${VISIT}
            let visited;
            export default function Page() {
              useEffect(() => void (visited ??= visit()), []);
              return <p>visited</p>;
            }`,
        },
      });
      return () => project.remove();
    }, LONGEST);

    test.each([
      ["Turbopack, its default", []],
      ["webpack", ["--webpack"]],
    ] as const)("built by %s", async (_bundler, options) => {
      await project.run(next, "build", ...options);

      await visitTwice(browser, await project.serve(next, "start", ...HOSTNAME));
    });

    test("on the development server", async () => {
      await visitTwice(browser, await project.serve(next, "dev", ...HOSTNAME), { mayReload: true });
    });
  });

  describe("SvelteKit 3", () => {
    const vite = "node_modules/vite/bin/vite.js";

    beforeAll(() => {
      project = startProject({
        dependencies: {
          "@sveltejs/kit": "3.2.0",
          "@sveltejs/vite-plugin-svelte": "7.3.1",
          svelte: "5.57.3",
          vite: "8.3.8",
        },
        node: commandOf("Node 24")[0],
        files: {
          "static/favicon.ico": "",
          "vite.config.js": `import { sveltekit } from "@sveltejs/kit/vite";
            export default { plugins: [sveltekit()] };`,
          "src/app.html": "<!doctype html><head>%sveltekit.head%</head><body><div>%sveltekit.body%</div></body>",
          "src/routes/+page.svelte": `<script>
            import { onMount } from "svelte";
            ${VISIT}
            onMount(() => void visit());
            </script>`,
        },
      });
      return () => project.remove();
    }, LONGEST);

    test("built", async () => {
      await project.run(vite, "build");

      await visitTwice(browser, await project.serve(vite, "preview", ...HOST));
    });

    test("on the development server", async () => {
      await visitTwice(browser, await project.serve(vite, "dev", ...HOST), { mayReload: true });
    });
  });

  describe("Nuxt 4", () => {
    const nuxt = "node_modules/nuxt/bin/nuxt.mjs";

    beforeAll(() => {
      project = startProject({
        dependencies: { nuxt: "4.5.2" },
        node: commandOf("Node 24")[0],
        files: {
          "public/favicon.ico": "",
          "nuxt.config.js": `export default defineNuxtConfig({ compatibilityDate: "2026-11-29" });`,
          "app/app.vue": `<script setup>
            ${VISIT}
            onMounted(() => void visit());
            </script>
            <template><p>visited</p></template>`,
        },
      });
      return () => project.remove();
    }, LONGEST);

    test("built", async () => {
      await project.run(nuxt, "build");

      await visitTwice(browser, await project.serve(".output/server/index.mjs"));
    });

    test("on the development server", async () => {
      await visitTwice(browser, await project.serve(nuxt, "dev", ...HOST), { mayReload: true });
    });
  });
});
