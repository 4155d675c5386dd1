/** The links of the documents, in the repository and in the package. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { DOCUMENTS } from "../support/documents.ts";
import { packedFiles } from "../support/packed.ts";
import { ROOT } from "../support/run-node.ts";

const SHIPPED = [...DOCUMENTS, "CHANGELOG.md", "FORMAT.md", "THIRD-PARTY.md"];

/** A link to a file, with its heading if it has one. */
interface Link {
  readonly from: string;
  readonly to: string;
  readonly heading: string | undefined;
}

const links = SHIPPED.flatMap(linksIn);
let files: ReadonlySet<string>;

beforeAll(() => {
  files = packedFiles();
});

test.each(SHIPPED)("every link of %s leads to a file of the package, and to a heading that it has", (path) => {
  expect(files).toContain(path);
  const broken = links.filter(({ from, to, heading }) => from === path && !leadsSomewhere(to, heading));
  expect(broken).toEqual([]);
});

test.each(SHIPPED)("every file of the repository that %s names is there", (path) => {
  const text = readFileSync(join(ROOT, path), "utf8");
  const named = text.match(/(?<![\w./-])(?:src|adapters|test|demo|docs)\/[\w./-]*\w(?=[`\s)])/g) ?? [];

  expect(named.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
});

test("README is a door: at most 250 lines, and a way to every page", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const reached = new Set(["README.md"]);
  for (const page of reached) for (const { to } of links.filter(({ from }) => from === page)) reached.add(to);

  expect(readme.split("\n").length).toBeLessThanOrEqual(250);
  expect(DOCUMENTS.filter((path) => !reached.has(path))).toEqual([]);
});

function leadsSomewhere(to: string, heading: string | undefined): boolean {
  if (!files.has(to) || !existsSync(join(ROOT, to))) return false;
  return heading === undefined || headingsOf(to).has(heading);
}

function linksIn(path: string): readonly Link[] {
  const text = readFileSync(join(ROOT, path), "utf8").replaceAll(/^```[^]*?^```$|`[^`\n]*`/gm, "");
  return [...text.matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].map(([, target = ""]) => {
    const [file = "", heading] = target.split("#");
    return { from: path, to: file === "" ? path : relative(ROOT, join(ROOT, dirname(path), file)), heading };
  });
}

/** The headings of a page as a forge names them in addresses. */
function headingsOf(path: string): ReadonlySet<string> {
  const text = readFileSync(join(ROOT, path), "utf8").replaceAll(/^```[^]*?^```$/gm, "");
  const names = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-"),
  );
  const anchors = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, name = ""]) => name);
  return new Set([...names, ...anchors]);
}
