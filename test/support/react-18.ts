import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./packed.ts";
import { ROOT } from "./run-node.ts";

const VERSION = "18.3.1";

/**
 * Returns the folder of React 18's packages, which cannot be installed beside another React. They are installed from
 * the registry, once a build.
 */
export function react18(): string {
  const folder = join(ROOT, ".build/react-18");
  const packages = join(folder, "node_modules");
  if (!existsSync(join(packages, "react-dom/package.json"))) {
    mkdirSync(folder, { recursive: true });
    const quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--silent"];
    run(folder, "npm", "install", "--prefix", folder, ...quiet, `react@${VERSION}`, `react-dom@${VERSION}`);
  }
  return packages;
}
