import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { textOfDocuments } from "../support/documents.ts";
import { ROOT } from "../support/run-node.ts";

test.each(["react-readme", "react-readme-replica", "react-readme-store"])(
  "a document shows %s.tsx, which is compiled, word for word",
  (page) => {
    const [, ...code] = readFileSync(join(ROOT, `test/browser/pages/${page}.tsx`), "utf8")
      .trim()
      .split("\n");

    expect(textOfDocuments()).toContain(`\`\`\`tsx\n${code.join("\n")}\n\`\`\``);
  },
);

test.each(["vue/documented.vue", "svelte/documented.svelte", "solid/documented.jsx"])(
  "a document shows %s, which runs in Chromium, word for word",
  (path) => {
    const code = readFileSync(join(ROOT, "test/browser/bindings", path), "utf8");

    expect(textOfDocuments()).toContain(`\`\`\`${path.slice(path.lastIndexOf(".") + 1)}\n${code}\`\`\``);
  },
);

test.each(["vue", "svelte", "solid"])("the file beside the component of %s is the documented one", (framework) => {
  const [, ...code] = readFileSync(join(ROOT, `test/browser/bindings/${framework}/counters.ts`), "utf8")
    .trim()
    .split("\n");

  expect(textOfDocuments()).toContain(`\`\`\`ts\n// counters.ts\n${code.join("\n")}\n\`\`\``);
});

test.each(["vue", "svelte", "solid"])("a server imports the file beside the component of %s", async (framework) => {
  const file = join(ROOT, `test/browser/bindings/${framework}/counters.ts`);

  expect(await import(file)).toMatchObject({ total: { name: "total" } });
});

test("the page that a document shows for the browser is the one that runs there", () => {
  const [, ...code] = readFileSync(join(ROOT, "test/package/browser-app/main.ts"), "utf8").trim().split("\n");

  expect(textOfDocuments()).toContain(`\`\`\`js\n${code.join("\n")}\n\`\`\``);
});

test.each(["list.ts", "hub.ts", "main.ts"])("%s of the shared list is the file that runs in Chromium", (name) => {
  const [, ...code] = readFileSync(join(ROOT, "test/browser/shared-list", name), "utf8")
    .trim()
    .split("\n");

  expect(textOfDocuments()).toContain(`\`\`\`ts\n// ${name}\n${code.join("\n")}\n\`\`\``);
});

test("the documented shared list has less than sixty lines", () => {
  const lines = ["list.ts", "hub.ts", "main.ts"].map((name) =>
    readFileSync(join(ROOT, "test/browser/shared-list", name), "utf8")
      .trim()
      .split("\n")
      .slice(1),
  );

  expect(lines.flat().length).toBeLessThan(60);
});
