import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../support/run-node.ts";

test.each(["react-readme", "react-readme-replica"])("README shows %s.tsx, which is compiled, word for word", (page) => {
  const [, ...code] = readFileSync(join(ROOT, `test/browser/pages/${page}.tsx`), "utf8")
    .trim()
    .split("\n");

  expect(readFileSync(join(ROOT, "README.md"), "utf8")).toContain(`\`\`\`tsx\n${code.join("\n")}\n\`\`\``);
});

test("the page that README shows for the browser is the one that runs there", () => {
  const [, ...code] = readFileSync(join(ROOT, "test/package/browser-app/main.ts"), "utf8").trim().split("\n");

  expect(readFileSync(join(ROOT, "README.md"), "utf8")).toContain(`\`\`\`js\n${code.join("\n")}\n\`\`\``);
});

test.each(["list.ts", "hub.ts", "main.ts"])("%s of the shared list is the file that runs in Chromium", (name) => {
  const [, ...code] = readFileSync(join(ROOT, "test/browser/shared-list", name), "utf8")
    .trim()
    .split("\n");

  expect(readFileSync(join(ROOT, "README.md"), "utf8")).toContain(`\`\`\`ts\n// ${name}\n${code.join("\n")}\n\`\`\``);
});

test("README's shared list has less than sixty lines", () => {
  const lines = ["list.ts", "hub.ts", "main.ts"].map((name) =>
    readFileSync(join(ROOT, "test/browser/shared-list", name), "utf8")
      .trim()
      .split("\n")
      .slice(1),
  );

  expect(lines.flat().length).toBeLessThan(60);
});
