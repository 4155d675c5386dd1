import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Reads the documentation's page for unknown addresses, with links that work from any of them; undefined if it is not built. */
export function readNotFoundPage(folder: string): string | undefined {
  const file = join(folder, "docs/404.html");
  if (!existsSync(file)) return undefined;
  return readFileSync(file, "utf8").replace('<base href="./">', '<base href="/docs/">');
}
