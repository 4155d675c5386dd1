import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { copyMade, keepMade } from "./made-once.ts";
import { ROOT } from "./run-node.ts";
import { temporaryFolder } from "./temporary.ts";

interface Others {
  /** Packages of this repository to be linked, with their dependencies. */
  readonly linked?: readonly string[];
}

/** Makes a folder for the running test with the package as npm would unpack it, and others beside it. */
export function installPacked(others: Others = {}): string {
  const folder = temporaryFolder();
  unpackInto(folder, others);
  return folder;
}

/** Puts the package into a folder as npm would unpack it, and others beside it. */
export function unpackInto(folder: string, { linked = [] }: Others = {}): void {
  run(folder, "tar", "-xzf", pack());
  const place = (name: string): string => join(folder, "node_modules", name);
  for (const name of ["rivulet", ...linked]) mkdirSync(dirname(place(name)), { recursive: true });
  renameSync(join(folder, "package"), place("rivulet"));
  for (const name of linked) symlinkSync(join(ROOT, "node_modules", name), place(name));
}

/** Puts a better-sqlite3 of this version beside the package, whose module is this code. */
export function placeFakeDriver(folder: string, released: string, code: string): void {
  const driver = join(folder, "node_modules/better-sqlite3");
  mkdirSync(driver);
  writeFileSync(join(driver, "package.json"), JSON.stringify({ name: "better-sqlite3", version: released }));
  writeFileSync(join(driver, "index.js"), code);
}

let packed: string | undefined;

/** The package as npm would publish it, packed once. */
export function pack(): string {
  if (packed !== undefined) return packed;
  // Each test file runs in its own process.
  const folder = join(ROOT, ".build/packed", String(process.pid));
  mkdirSync(folder, { recursive: true });
  const name = `rivulet-${version()}.tgz`;
  const path = join(folder, name);
  if (!copyMade(name, path)) {
    run(ROOT, "npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", folder);
    keepMade(name, path);
  }
  packed = path;
  return packed;
}

/** The files of the package, as paths from its root. */
export function packedFiles(): ReadonlySet<string> {
  const names = run(ROOT, "tar", "-tzf", pack()).trim().split("\n");
  return new Set(names.map((name) => name.replace("package/", "")));
}

/** The import paths of the package's modules. */
export function doors(): readonly string[] {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { exports: object };
  return Object.keys(exports)
    .filter((door) => !/\.(json|wasm)$/.test(door))
    .map((door) => `rivulet${door.slice(1)}`);
}

function version(): string {
  return (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }).version;
}

/** Runs a command and returns its output; its failure fails the test. */
export function run(cwd: string, command: string, ...args: readonly string[]): string {
  // Reports on many entry points are long: by default, a program that prints a megabyte is killed.
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 2 ** 26 });
  expect(status, `${command} ${args.join(" ")}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}
