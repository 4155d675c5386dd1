import { createReadStream, readdirSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";
import { onGone } from "./gone.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".webp": "image/webp",
  ".wasm": "application/wasm",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
};

/**
 * Serves the files that are in a folder when it is called. No path can lead out of the folder, because only these files
 * are known.
 */
export function serveFiles(folder: string): (path: string, response: ServerResponse) => boolean {
  const files = new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [`/${relative(folder, file).split(sep).join("/")}`, file]),
  );
  return (path, response) => {
    const file = files.get(path.endsWith("/") ? `${path}index.html` : path);
    if (file === undefined) {
      if (!files.has(`${path}/index.html`)) return false;
      response.writeHead(301, { location: `${path}/` }).end();
      return true;
    }
    const content = createReadStream(file);
    // Nobody else closes a file that is read only in part.
    onGone(response, () => content.destroy());
    content.once("open", () => {
      response.writeHead(200, {
        "content-type": TYPES[extname(file)] ?? "application/octet-stream",
        // Files that Vite names by their content never change.
        "cache-control": /^\/(?:docs\/)?assets\//.test(path) ? "max-age=31536000, immutable" : "no-cache",
      });
      content.pipe(response);
    });
    // The page may have been built again since.
    content.once("error", () => (response.headersSent ? response.destroy() : response.writeHead(404).end()));
    return true;
  };
}
