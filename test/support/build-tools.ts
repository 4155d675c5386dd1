import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "./packed.ts";
import { ROOT } from "./run-node.ts";

/** Bundlers that are not dependencies of this repository, by their names here. */
const TOOLS = {
  vite5: "npm:vite@5.4.21",
  vite6: "npm:vite@6.4.6",
  vite7: "npm:vite@7.3.8",
  parcel: "2.16.4",
  esbuild: "0.28.2",
  rollup: "4.68.8",
  "@rollup/plugin-node-resolve": "16.0.3",
  "@rspack/core": "2.3.3",
  typescript: "5.9.3",
} as const;

/** Installs these packages from the registry, once a build, and returns their folder. */
export function buildTools(): string {
  const folder = join(ROOT, ".build/build-tools");
  if (isInstalled(folder)) return folder;
  // Renamed into place at the end: another test file may need the packages at the same time.
  const fresh = `${folder}-${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  writeFileSync(
    join(fresh, "package.json"),
    JSON.stringify({ name: "tools", private: true, type: "module", dependencies: TOOLS }),
  );
  // Their binaries are separate packages; their install scripts only look for them.
  run(fresh, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--silent");
  if (!isInstalled(folder)) renameSync(fresh, folder);
  return folder;
}

const isInstalled = (folder: string): boolean => existsSync(join(folder, "node_modules/.package-lock.json"));

/** Imports a module of these packages. */
export async function importTool<Module>(path: string): Promise<Module> {
  return (await import(pathToFileURL(join(buildTools(), "node_modules", path)).href)) as Module;
}
