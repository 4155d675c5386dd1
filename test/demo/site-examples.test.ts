/** The examples of the site, as they are edited and run in its pages. */
import type { Locator, Page } from "playwright-core";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { makeDocuments, openDocuments, type OpenDocuments } from "../support/documents-site.ts";
import { mayBeLeftOut } from "../support/installed-browsers.ts";
import { DESKTOP, findUnshaded, PHONE, picture, seriousIn, sticksOut } from "../support/looks.ts";
import { editExample as edit, outputOf, runExample as run } from "../support/playground.ts";

describe.skipIf(mayBeLeftOut("chromium"))("the examples of the site", () => {
  let opened: OpenDocuments;
  let page: Page;
  let urlOf: OpenDocuments["urlOf"];

  beforeAll(async () => {
    const files = await makeDocuments();
    opened = await openDocuments(files);
    ({ page, urlOf } = opened);
    return async () => {
      await opened.close();
      files.remove();
    };
  });

  test("an example runs on SQLite in the page, beside it its output, its events and its tables", async () => {
    await page.setViewportSize(DESKTOP);
    await page.goto(urlOf("read-models"));
    const example = page.locator(".block.runs").first();
    await run(example);

    await expect.poll(() => outputOf(example)).toBe("[ { stream: 'counter-1', events: 1, total: 4 } ]");
    expect(await cellsOf(example.locator(".events"))).toEqual(["1", "counter-1", "1", "incremented", '{"by":4}']);
    expect(await cellsOf(example.locator(".tables"))).toEqual(["counter-1", "1", "4"]);
    const [code, results] = await Promise.all([
      boxOf(example.locator("pre").first()),
      boxOf(example.locator(".results")),
    ]);
    expect(results.x).toBeGreaterThanOrEqual(code.x + code.width);
    expect(results.y).toBeLessThan(code.y + code.height);
    expect(await sticksOut(page)).toBe(0);

    await example.getByRole("button", { name: "Edit" }).click();
    const editor = example.getByLabel("Code of the example");
    await editor.fill((await editor.inputValue()).replace("by: 4", "by: 40"));
    await editor.press("Control+Enter");
    await expect.poll(() => outputOf(example)).toBe("[ { stream: 'counter-1', events: 1, total: 40 } ]");
    expect(await seriousIn(page)).toEqual([]);
    await picture(page, "site-playground");
    await page.setViewportSize(PHONE);
    expect(await page.evaluate(findUnshaded)).toEqual([]);
    expect(await example.evaluate(lettersApart)).toEqual({ left: 0, top: 0, size: 0 });
    expect(await example.evaluate(outputIndent)).toBe(0);
  });

  test("a phone has a layout of its own, which is edited and restored, and shows all of the events", async () => {
    await page.setViewportSize(PHONE);
    onTestFinished(() => page.setViewportSize(DESKTOP));
    await page.goto(urlOf("undo"));
    const example = page.locator(".block.runs").first();
    const shown = example.locator("pre > code:visible").first();
    const layout = (await shown.innerText()).trim();
    expect(layout).toContain("\n  initial: () => ({\n    shapes: [],\n    undone: [],\n  }),");
    await run(example);
    const rows = example.locator(".events .rows");
    expect(await rows.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0);
    expect(await rows.locator("td").nth(4).innerText()).toBe('{"shape":"circle"}');

    await edit(example, "console.log(1);");
    await run(example);
    await expect.poll(() => outputOf(example)).toBe("1");
    await example.getByRole("button", { name: "Restore" }).click();
    expect(await example.getByLabel("Code of the example").inputValue()).toBe(layout);
    await run(example);
    await expect.poll(() => outputOf(example)).toMatch(/^\[ 'circle', 'square' \] \[ 'line' \]/);
  });

  test.each([
    ["React", "react", 0],
    ["React, with a provider", "react", 1],
    ["Vue", "vue-svelte-solid", 0],
    ["Svelte", "vue-svelte-solid", 1],
    ["Solid", "vue-svelte-solid", 2],
  ])(
    "a component of %s runs, counts its clicks in the store, and is run again after an edit",
    async (_, name, index) => {
      await page.goto(urlOf(name));
      const example = page.locator(".block.runs").nth(index);
      expect(await compilersOf(page)).toEqual([]);
      await run(example, "running: try it");
      expect(await compilersOf(page)).not.toEqual([]);
      const counter = example.locator(".stage button:enabled");
      await counter.waitFor();
      const before = Number(await counter.innerText());
      await counter.click();
      await example
        .locator(".stage")
        .getByText(String(before + 1), { exact: true })
        .waitFor();
      await expect.poll(() => example.locator(".events tbody tr").count()).toBe(before + 1);
      expect((await cellsOf(example.locator(".events"))).slice(-4)).toEqual([
        "counter-1",
        String(before + 1),
        "incremented",
        '{"by":1}',
      ]);

      await example.getByRole("button", { name: "Edit" }).click();
      const editor = example.getByLabel("Code of the example");
      await editor.fill((await editor.inputValue()).replace("</button>", " <em>edited</em></button>"));
      await editor.press("Control+Enter");
      await example.locator(".stage button:enabled em").getByText("edited").waitFor();
      await example.getByRole("button", { name: "Delete its events" }).click();
      await example.getByText("its events are deleted").waitFor();
      expect(await example.locator(".stage button").count()).toBe(0);
      // The next component would be drawn in it.
      expect(await page.locator("#root").count()).toBe(0);

      await editor.fill("<script setup>const = 1;");
      await run(example, "failed");
      expect(await example.getByRole("button", { name: "Stop" }).isVisible()).toBe(false);
    },
  );

  test("a store moves into a PostgreSQL in the page, and the results can be closed", async () => {
    await page.goto(urlOf("move-to-postgresql"));
    const example = page.locator(".block.runs").first();
    await run(example);
    await expect.poll(() => outputOf(example)).toBe("2\n1 1 ordered\n2 2 paid\n3 3 shipped\n[ { events: 3 } ]");
    expect(await example.locator(".events caption").allInnerTexts()).toEqual([
      "sqlite-wasm, in memory",
      "pglite, in memory",
    ]);

    await example.getByRole("button", { name: "Close" }).click();
    expect(await example.locator(".results").isVisible()).toBe(false);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Run");
  });

  test("an example that opens a database finds its events again, until they are deleted", async () => {
    await page.goto(urlOf("index"));
    const example = page.locator(".block.runs").first();
    await run(example);
    await page.reload();
    await run(example);
    await expect.poll(() => outputOf(example)).toBe("1 incremented 2\n2 incremented 2");

    await example.getByRole("button", { name: "Delete its events" }).click();
    await example.getByText("its events are deleted").waitFor();
    await run(example);
    await expect.poll(() => outputOf(example)).toBe("1 incremented 2");
  });

  test("the example of the browser's page opens private files, and finds its own events alone", async () => {
    await page.goto(urlOf("browser"));
    const example = page.locator(".block.runs").first();
    await run(example);
    await expect.poll(() => outputOf(example)).toMatch(/^1 opfs leader (?:true|false)$/);
  });

  test("what an example throws, and what does not parse, is shown", async () => {
    await page.goto(urlOf("append"));
    const example = page.locator(".block.runs").first();
    await example.getByRole("button", { name: "Edit" }).click();
    const code = example.getByLabel("Code of the example");
    await code.fill('await counter.append({ type: "" });');
    await run(example, "failed");
    await expect.poll(() => outputOf(example)).toMatch(/^invalid-argument: |^invalid-event: /);

    await code.fill("const = 1;");
    await run(example, "failed");
    await expect.poll(() => outputOf(example)).toMatch(/^SyntaxError: /);
  });

  test.each([
    ["svelte", 1, "<script>\nexport let name;\n</script>\n<p>hello {name}</p>", "hello counter-1"],
    ["svelte", 1, "<script module>\nexport const STEP = 2;\n</script>\n<p>hello {STEP}</p>", "hello 2"],
    [
      "vue",
      0,
      "<script>\nexport const A = 3;\n</script>\n<script setup>\nconst B = A + 1;\n</script>\n<template><p>hello {{ B }}</p></template>",
      "hello 4",
    ],
    [
      "jsx",
      2,
      "export function Zebra(props: { text: string }) { return <b>{props.text}</b>; }\nexport const A = 1;\nexport function Main() { return <Zebra text='hello' />; }",
      "hello",
    ],
  ])("an edited component of %s is shown, whatever else it exports: %#", async (_, index, code, shown) => {
    await page.goto(urlOf("vue-svelte-solid"));
    const example = page.locator(".block.runs").nth(index);
    await edit(example, code);
    await run(example, "running: try it");
    expect(await example.locator(".stage").innerText()).toBe(shown);
  });

  test("an example that prints much is drawn once in a frame, with its last lines", async () => {
    await page.goto(urlOf("append"));
    const example = page.locator(".block.runs").first();
    await page.evaluate(() => {
      const { get } = Object.getOwnPropertyDescriptor(Element.prototype, "scrollHeight") as { get(): number };
      let measured = 0;
      Object.defineProperty(Element.prototype, "scrollHeight", {
        get(this: Element) {
          document.body.dataset["measured"] = String(++measured);
          return get.call(this);
        },
      });
    });
    await edit(example, "for (let i = 1; i <= 5000; i++) console.log(i);\nconsole.log('x'.repeat(1e6));");
    await run(example);
    await example.getByText("(4001 earlier lines are left out)").waitFor();

    const lines = (await outputOf(example)).split("\n");
    expect(lines.slice(1, 3)).toEqual(["4002", "4003"]);
    expect(lines.at(-1)?.length).toBeLessThan(11_000);
    expect(Number(await page.locator("body").getAttribute("data-measured"))).toBeLessThan(20);
  });

  test("an example that never ends can be stopped and run again, and tells nothing more", async () => {
    await page.goto(urlOf("append"));
    const example = page.locator(".block.runs").first();
    await edit(
      example,
      "addEventListener('old', () => console.log('old')); console.log('begun'); await new Promise(() => {});",
    );
    await run(example, "running …");
    await expect.poll(() => outputOf(example)).toBe("begun");
    await example.getByRole("button", { name: "Stop" }).click();
    await example.getByText("stopped", { exact: true }).waitFor();

    await edit(
      example,
      "dispatchEvent(new Event('old')); console.log(new Proxy({}, { getPrototypeOf() { throw 1; } }));",
    );
    await run(example);
    await expect.poll(() => outputOf(example)).toBe("[it throws when it is read]");

    await edit(example, "throw new Proxy({}, { getPrototypeOf() { throw 1; } });");
    await run(example, "failed");
    expect(await example.getByRole("button", { name: "Run" }).isEnabled()).toBe(true);
  });

  test("nothing was asked of another host or from outside of the site's own path, and no policy was violated", () => {
    expect(opened.foreign).toEqual([]);
    expect(opened.complaints).toEqual([]);
  });
});

/** Runs in a page: how far the letters of an edited example are from those of the text field above them, and how much larger. */
function lettersApart(example: Element): { readonly left: number; readonly top: number; readonly size: number } {
  const [field, code] = ["textarea", "pre > code"].map((selector) => example.querySelector(selector));
  if (!field || !code) throw new Error("the example is not edited");
  const [above, below] = [field, code].map((one) => ({
    box: one.getBoundingClientRect(),
    style: getComputedStyle(one),
  }));
  if (above === undefined || below === undefined) throw new Error("there is nothing to compare");
  return {
    left: Math.round(above.box.left + parseFloat(above.style.paddingLeft) - below.box.left),
    top: Math.round(above.box.top + parseFloat(above.style.paddingTop) - below.box.top),
    size: parseFloat(above.style.fontSize) - parseFloat(below.style.fontSize),
  };
}

/** Runs in a page: how much further to the right than its label the output begins. */
function outputIndent(example: Element): number {
  const [label, output] = [".results .label", ".results .output"].map((selector) => example.querySelector(selector));
  if (!label || !output) throw new Error("there is no output");
  const { paddingLeft } = getComputedStyle(output);
  return Math.round(output.getBoundingClientRect().left + parseFloat(paddingLeft) - label.getBoundingClientRect().left);
}

/** The large files that a page has loaded beside its own script. */
function compilersOf(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
      .filter(({ name, decodedBodySize }) => name.endsWith(".js") && decodedBodySize > 150_000)
      .map(({ name }) => name),
  );
}

async function boxOf(place: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await place.boundingBox();
  if (box === null) throw new Error("it is not visible");
  return box;
}

function cellsOf(place: Locator): Promise<readonly string[]> {
  return place.locator("tbody td").allInnerTexts();
}
