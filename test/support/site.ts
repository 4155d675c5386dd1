import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import type { InlineConfig } from "vite";
import { serveRequests } from "./http-server.ts";
import { copyMade, keepMade } from "./made-once.ts";
import { ROOT } from "./run-node.ts";

/** An answer in place of a file. */
interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface SiteOptions {
  /** The pages of `test/browser/pages`, by name without extension. */
  readonly pages: readonly string[];
  /** Another folder of pages, by its path in this repository. */
  readonly root?: string;
  /** Additional Vite configuration. */
  readonly config?: InlineConfig;
}

/** Pages on their own server: plain files, without headers for cross-origin isolation. */
export interface Site {
  readonly origin: string;
  url(page: string): string;
  /** Returns the address of a file that Vite has named by this name and a hash. */
  asset(name: string): string;
  /** The folder of the files; a test may change them, and put another build there. */
  readonly folder: string;
  /** Answers a request in place of a file if it returns an answer, at once or later. May be set at any time. */
  answer: ((path: string, headers: IncomingHttpHeaders) => Answer | Promise<Answer> | undefined) | undefined;
  /** Returns a file's usual answer as text, with additional headers, to be changed. */
  file(path: string, headers?: Readonly<Record<string, string>>): Answer;
  /** The same for a binary file. */
  bytes(path: string): Answer;
  /** Resolves with the body that a page posts to this path. */
  posted(path: string): Promise<string>;
  /** Returns the bodies posted there that nobody has asked for yet. */
  drained(path: string): readonly string[];
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webp": "image/webp",
  ".db": "application/vnd.sqlite3",
  ".data": "application/octet-stream",
};

/** Builds pages as an application would be built, and serves them on a free port of this machine. */
export async function openSite(options: SiteOptions): Promise<Site> {
  const folder = await buildPages(options);
  const site = await serveFolder(folder);
  return {
    ...site,
    set answer(answer: Site["answer"]) {
      site.answer = answer;
    },
    get answer() {
      return site.answer;
    },
    async close() {
      await site.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Builds pages into a new folder, which the caller has to remove. */
async function buildPages({ pages, root: path = "test/browser/pages", config = {} }: SiteOptions): Promise<string> {
  const parent = join(ROOT, ".build/browser");
  mkdirSync(parent, { recursive: true });
  const folder = join(parent, `site-${randomUUID()}`);
  // Plugins are functions, of which nothing tells whether they are the same.
  const name = Object.keys(config).length === 0 ? `site ${[path, ...pages].join(" ").replaceAll("/", "-")}` : undefined;
  if (name !== undefined && copyMade(name, folder)) return folder;
  const { build } = await import("vite");
  const root = join(ROOT, path);
  await build({
    root,
    base: "./",
    // For its aliases: the package by its own name, built.
    configFile: join(ROOT, "vite.config.ts"),
    logLevel: "error",
    worker: { format: "es" },
    ...config,
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: "es2022",
      rolldownOptions: { input: pages.map((page) => join(root, `${page}.html`)) },
      ...config.build,
    },
  });
  if (name !== undefined) keepMade(name, folder);
  return folder;
}

/** Serves a folder's files on a free port of this machine, until it is closed. */
export async function serveFolder(folder: string): Promise<Site> {
  const posts = createPosts();
  const site = {
    folder,
    answer: undefined as Site["answer"],
    posted: posts.next,
    drained: posts.drain,
  };
  const { origin, close } = await serveRequests(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    if (request.method === "POST") await takePost(request, response, (body) => posts.add(path, body));
    else await give(response, site.answer?.(path, request.headers) ?? fileAt(folder, path));
  });
  return Object.assign(site, {
    origin,
    url: (page: string) => `${origin}/${page}.html`,
    file: (path: string, headers?: Readonly<Record<string, string>>) => ({
      headers: { "content-type": TYPES[extname(path)] ?? "text/plain", ...headers },
      body: readFileSync(join(folder, path), "utf8"),
    }),
    bytes: (path: string) => fileAt(folder, path),
    asset(name: string) {
      const file = readdirSync(join(folder, "assets")).find((found) => found.startsWith(`${name}-`));
      if (file === undefined) throw new Error(`the site has no asset "${name}"`);
      return `${origin}/assets/${file}`;
    },
    close,
  });
}

async function give(response: ServerResponse, answer: Answer | Promise<Answer>): Promise<void> {
  const { status = 200, headers, body } = await answer;
  response.writeHead(status, headers).end(body);
}

function fileAt(folder: string, path: string): Answer {
  const type = TYPES[extname(path)];
  if (type === undefined || path.includes("..")) return { status: 404 };
  try {
    return { headers: { "content-type": type }, body: readFileSync(join(folder, path)) };
  } catch (error) {
    return { status: 404, body: String(error) };
  }
}

async function takePost(
  request: IncomingMessage,
  response: ServerResponse,
  take: (body: string) => void,
): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  response.writeHead(204).end();
  take(Buffer.concat(parts).toString("utf8"));
}

interface Posts {
  add(path: string, body: string): void;
  next(path: string): Promise<string>;
  drain(path: string): readonly string[];
}

/** Posted bodies by path, in order; a caller that asks too early waits. */
function createPosts(): Posts {
  const bodies = new Map<string, string[]>();
  const waiting = new Map<string, ((body: string) => void)[]>();
  return {
    add(path, body) {
      const resolve = waiting.get(path)?.shift();
      if (resolve !== undefined) return resolve(body);
      bodies.set(path, [...(bodies.get(path) ?? []), body]);
    },
    next(path) {
      const body = bodies.get(path)?.shift();
      if (body !== undefined) return Promise.resolve(body);
      return new Promise((resolve) => waiting.set(path, [...(waiting.get(path) ?? []), resolve]));
    },
    drain: (path) => bodies.get(path)?.splice(0) ?? [],
  };
}
