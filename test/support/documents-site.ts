/** The site of the documents: its files, and a browser that looks at them. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Page } from "playwright-core";
import { buildSite } from "../../demo/site/build-site.ts";
import { startBrowser, type Browser } from "./browser.ts";
import { copyMade, keepMade } from "./made-once.ts";
import { ROOT } from "./run-node.ts";
import { serveFolder, type Site } from "./site.ts";

/** Where the site lies on its server: it may be hosted under any path, as plain files. */
const PATH = "rivulet/docs";

/** The built files. */
export interface DocumentsFiles {
  /** What a server serves: the site lies below, at its path. */
  readonly parent: string;
  readonly folder: string;
  remove(): void;
}

export async function makeDocuments(): Promise<DocumentsFiles> {
  mkdirSync(join(ROOT, ".build/browser"), { recursive: true });
  const parent = mkdtempSync(join(ROOT, ".build/browser/docs-"));
  const folder = join(parent, PATH);
  mkdirSync(dirname(folder), { recursive: true });
  if (!copyMade("documents", folder)) {
    await buildSite({ root: ROOT, out: folder });
    keepMade("documents", folder);
  }
  return { parent, folder, remove: () => rmSync(parent, { recursive: true, force: true }) };
}

/** A page of the site in Chromium, and what was wrong there. */
export interface OpenDocuments {
  readonly site: Site;
  readonly browser: Browser;
  readonly page: Page;
  /** The address of the site's folder on the server, and of one of its pages. */
  readonly root: string;
  urlOf(name: string): string;
  /** The requests to other hosts, or outside of the site's own path. */
  readonly foreign: readonly string[];
  /** The errors in the console. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export async function openDocuments({ parent }: DocumentsFiles): Promise<OpenDocuments> {
  const [site, browser] = await Promise.all([serveFolder(parent), startBrowser()]);
  const page = await browser.open();
  const root = `${site.origin}/${PATH}`;
  const foreign: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(`${root}/`) && !request.url().startsWith("blob:")) foreign.push(request.url());
  });
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return {
    site,
    browser,
    page,
    root,
    urlOf: (name) => site.url(`${PATH}/${name}`),
    foreign,
    complaints,
    async close() {
      await browser.close();
      await site.close();
    },
  };
}
