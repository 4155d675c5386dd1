/** The first documented program for each runtime, as it stands there, in a new project that has only what is said to be installed. */
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blockWith } from "../support/documents.ts";
import { pack, run } from "../support/packed.ts";
import { ROOT } from "../support/run-node.ts";
import { commandOf } from "../support/runtimes.ts";
import { temporaryFolder } from "../support/temporary.ts";

interface Project {
  readonly name: string;
  /** Installs, in the folder of the project. */
  install(folder: string): void;
  readonly file: "main.js" | "main.ts";
  readonly imported: string;
  readonly command: () => readonly [program: string, ...args: string[]];
  /** What the program prints when it runs for the first time, and for the second. */
  readonly prints: readonly [first: string, second: string];
}

const TYPED = {
  file: "main.ts",
  imported: "rivulet/better-sqlite3",
  prints: ["1 incremented 2\n", "1 incremented 2\n2 incremented 2\n"],
} as const;
const BUILT_IN = {
  file: "main.js",
  imported: "rivulet/node-sqlite",
  prints: ["1 node-sqlite\n", "2 node-sqlite\n"],
} as const;

const npm = (folder: string, ...packages: readonly string[]): void =>
  void run(folder, "npm", "install", "--no-audit", "--no-fund", "--silent", "--prefer-offline", pack(), ...packages);

const PROJECTS: readonly Project[] = [
  {
    ...TYPED,
    name: "this Node with better-sqlite3, the program compiled",
    install(folder) {
      npm(folder);
      // Compiling it takes minutes, and `npm ci` has done so.
      symlinkSync(join(ROOT, "node_modules/better-sqlite3"), join(folder, "node_modules/better-sqlite3"));
      const options = ["--module", "nodenext", "--target", "es2022", "--skipLibCheck"];
      run(folder, process.execPath, join(ROOT, "node_modules/typescript/bin/tsc"), ...options, "main.ts");
    },
    command: () => [process.execPath, "main.js"],
  },
  {
    ...TYPED,
    name: "Node 24 with better-sqlite3 13",
    install: (folder) => npm(folder, "better-sqlite3@13"),
    command: () => [...commandOf("Node 24"), "main.ts"],
  },
  {
    ...BUILT_IN,
    name: "Node 24 alone",
    install: (folder) => npm(folder),
    command: () => [...commandOf("Node 24"), "main.js"],
  },
  {
    ...BUILT_IN,
    name: "Bun",
    install: (folder) => void run(folder, ...commandOf("Bun"), "add", pack()),
    command: () => [...commandOf("Bun"), "main.js"],
  },
  {
    ...BUILT_IN,
    name: "Deno",
    install: (folder) => npm(folder),
    command: () => [commandOf("Deno")[0], "run", "--allow-read=.", "--allow-write=.", "main.js"],
  },
];

test.each(PROJECTS)(
  "the documented first program appends, and finds its events in a second process: $name",
  (project) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "fresh", private: true, type: "module" }));
    const program = blockWith(project.file.slice(-2), `"${project.imported}"`);
    writeFileSync(join(folder, project.file), program);
    project.install(folder);

    expect([run(folder, ...project.command()), run(folder, ...project.command())]).toEqual(project.prints);
  },
  // Installing from the registry takes longer than other tests on a busy machine.
  400_000,
);
