/** What chats and search engines are told of the pages. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { loadConfigFromFile, type Plugin } from "vite";
import { layOut } from "../../demo/site/layout.ts";
import { notFoundSheet } from "../../demo/site/not-found.ts";
import { PREVIEW, readAddress } from "../../demo/site/preview.ts";
import { ROOT } from "../support/run-node.ts";

const FOLDER = new URL("https://example.org/rivulet/docs/");
const ASSETS = { script: "./main.js", styles: [], imports: {} };
const SHEET = { title: "Append", about: `Adds "events" & more.`, html: "", headings: [] };

afterEach(() => vi.unstubAllEnvs());

test("a page whose address is known names it, and a picture by its whole address", () => {
  const page = layOut({ ...SHEET, file: "append.html" }, [], { ...ASSETS, address: FOLDER });

  expect(page).toContain('<link rel="canonical" href="https://example.org/rivulet/docs/append.html">');
  expect(toldBy(page)).toMatchObject({
    "og:title": "Append · rivulet",
    "og:description": "Adds &quot;events&quot; &amp; more.",
    "og:url": "https://example.org/rivulet/docs/append.html",
    "og:image": "https://example.org/rivulet/docs/preview.png",
    "twitter:card": "summary_large_image",
  });
  const home = layOut({ ...SHEET, file: "index.html" }, [], { ...ASSETS, address: FOLDER });
  expect(home).toContain('<link rel="canonical" href="https://example.org/rivulet/docs/">');
});

test("a page whose address is unknown names none, and neither does the page for what does not exist", () => {
  const page = layOut({ ...SHEET, file: "append.html" }, [], ASSETS);
  expect(toldBy(page)).toMatchObject({ "og:title": "Append · rivulet", "og:type": "website" });
  expect(Object.keys(toldBy(page))).not.toContain("og:image");
  expect(page).not.toMatch(/canonical|twitter:/);

  expect(layOut(notFoundSheet([]), [], { ...ASSETS, address: FOLDER })).not.toMatch(/canonical|og:/);
});

test("the address is one of the web, with or without a slash at its end", () => {
  expect(readAddress("https://example.org/rivulet")?.href).toBe("https://example.org/rivulet/");
  expect(readAddress("http://localhost:4173/")?.href).toBe("http://localhost:4173/");
  expect(readAddress(undefined)).toBeUndefined();
  expect(readAddress("")).toBeUndefined();
  for (const wrong of ["example.org", "file:///tmp/", "https://example.org/?a=1", "https://example.org/#here"]) {
    expect(() => readAddress(wrong), wrong).toThrow("SITE_URL has to be an address");
  }
});

test("the page of the counters tells its title and its description", async () => {
  const html = readFileSync(join(ROOT, "demo/page/index.html"), "utf8");
  const [, title = "?"] = /<title>(.*)<\/title>/.exec(html) ?? [];
  expect(await countersTell("https://example.org/rivulet/")).toMatchObject({
    "og:title": title,
    "og:description": expect.stringContaining("Counters that survive"),
    "og:url": "https://example.org/rivulet/",
    "og:image": "https://example.org/rivulet/preview.png",
  });
  expect(Object.keys(await countersTell(""))).not.toContain("og:image");
});

test("the picture has the size that is told, and is small", () => {
  const picture = readFileSync(join(ROOT, "demo/page/public", PREVIEW.file));
  expect(picture.toString("latin1", 1, 4)).toBe("PNG");
  // The first part of a PNG begins with its width and its height.
  expect([picture.readUInt32BE(16), picture.readUInt32BE(20)]).toEqual([PREVIEW.width, PREVIEW.height]);
  expect(picture.length).toBeLessThan(150_000);
});

function toldBy(page: string): Readonly<Record<string, string>> {
  const tags = page.matchAll(/<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]*)">/g);
  return Object.fromEntries([...tags].map(([, name = "", content = ""]) => [name, content]));
}

/** What the build of that page adds to its head. */
async function countersTell(address: string): Promise<Readonly<Record<string, string>>> {
  vi.stubEnv("SITE_URL", address);
  const folder = join(ROOT, "demo/page");
  const loaded = await loadConfigFromFile(
    { command: "build", mode: "production" },
    join(folder, "vite.config.ts"),
    folder,
  );
  const plugins = (loaded?.config.plugins ?? []).flat() as readonly Plugin[];
  const transform = plugins.find(({ name }) => name === "preview")?.transformIndexHtml as unknown as (
    html: string,
  ) => readonly { readonly attrs: Readonly<Record<string, string>> }[];
  const tags = transform(readFileSync(join(folder, "index.html"), "utf8"));
  return Object.fromEntries(
    tags.map(({ attrs }) => [attrs["property"] ?? attrs["name"] ?? attrs["rel"], attrs["content"] ?? ""]),
  );
}
