import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "./packed.ts";
import { ROOT } from "./run-node.ts";

/** Exact versions by package. */
export type Dependencies = Readonly<Record<string, string>>;

/** When the tools were last chosen: of what they depend on, nothing newer is installed. */
const CHOSEN = "2026-11-29";

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
  "@rsbuild/core": "2.3.2",
  typescript: "5.9.3",
} as const;

/** Installs these packages from the registry, once a build, and returns their folder. */
export function buildTools(): string {
  // Another list of tools is another folder.
  const list = createHash("sha256")
    .update(JSON.stringify([TOOLS, CHOSEN]))
    .digest("hex")
    .slice(0, 8);
  const folder = join(ROOT, ".build/build-tools", list);
  if (isInstalled(folder)) return folder;
  // Renamed into place at the end: another test file may need the packages at the same time.
  const fresh = `${folder}-${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  installExactly(fresh, TOOLS);
  if (!isInstalled(folder)) renameSync(fresh, folder);
  return folder;
}

/** Makes a folder a project with these dependencies, installed from the registry. */
export function installExactly(folder: string, dependencies: Dependencies): void {
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "fresh", private: true, type: "module", dependencies }),
  );
  // Binaries are separate packages; install scripts only look for them.
  run(
    folder,
    "npm",
    "install",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--silent",
    "--prefer-offline",
    `--before=${CHOSEN}`,
  );
}

const isInstalled = (folder: string): boolean => existsSync(join(folder, "node_modules/.package-lock.json"));

/** Imports a module of these packages. */
export async function importTool<Module>(path: string): Promise<Module> {
  return (await import(pathToFileURL(join(buildTools(), "node_modules", path)).href)) as Module;
}
