/** What several files of tests need and what takes long to make: the first file that needs it makes it, the others of the same run copy it. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run-node.ts";

/** Holds the folder of the run; processes of tests inherit it. */
const VARIABLE = "RIVULET_MADE_ONCE";

/** By this name vitest calls it before any test. */
export function setup(): void {
  const parent = join(ROOT, ".build/made-once");
  mkdirSync(parent, { recursive: true });
  process.env[VARIABLE] = mkdtempSync(join(parent, "run-"));
}

/** By this name vitest calls it after all tests. */
export function teardown(): void {
  rmSync(process.env[VARIABLE] as string, { recursive: true, force: true });
}

/** Copies a file or folder to a new path if it was made in this run; returns whether it was. */
export function copyMade(name: string, path: string): boolean {
  const folder = process.env[VARIABLE];
  if (folder === undefined || !existsSync(join(folder, name))) return false;
  copy(join(folder, name), path);
  return true;
}

/** Keeps a copy of a file or folder for the rest of the run. Outside of tests it does nothing. */
export function keepMade(name: string, path: string): void {
  const folder = process.env[VARIABLE];
  if (folder === undefined) return;
  // Renamed into place at the end: another process may look for it at any time, or make the same.
  const fresh = mkdtempSync(join(folder, "fresh-"));
  copy(path, join(fresh, name));
  if (!existsSync(join(folder, name))) {
    try {
      renameSync(join(fresh, name), join(folder, name));
    } catch (error) {
      if (!existsSync(join(folder, name))) throw error;
    }
  }
  rmSync(fresh, { recursive: true });
}

/** With its owners and permissions, unlike `cpSync`. */
function copy(from: string, to: string): void {
  const { status, stderr } = spawnSync("cp", ["-Rp", from, to], { encoding: "utf8" });
  if (status !== 0) throw new Error(`cp failed: ${stderr}`);
}
