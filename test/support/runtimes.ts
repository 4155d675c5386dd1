import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./packed.ts";
import { ROOT } from "./run-node.ts";

const PLATFORM = `${process.platform}-${process.arch}`;

/** The other runtimes that tests use, by their package in the registry, with the command that runs a script. */
const RUNTIMES = {
  "Node 24": { package: `node-${PLATFORM}`, version: "24.21.0", command: ["bin/node"] },
  /** Its `node:sqlite` reads texts only up to a NUL. */
  "Node 22": { package: `node-${PLATFORM}`, version: "22.23.5", command: ["bin/node"] },
  Bun: { package: `@oven/bun-${PLATFORM}`, version: "1.4.5", command: ["bin/bun"] },
  /** Its `node:sqlite` reads texts only up to a NUL, too, and has no mathematical functions. */
  Deno: {
    package: `@deno/${process.platform === "linux" ? `${PLATFORM}-glibc` : PLATFORM}`,
    version: "2.9.6",
    command: ["deno", "run", "--allow-all", "--node-modules-dir=manual"],
  },
  /** Cloudflare's. This version holds values to the 2 MB that the platform documents; later ones take more. */
  workerd: {
    package: `@cloudflare/workerd-${process.platform}-${process.arch === "x64" ? "64" : process.arch}`,
    version: "1.20260426.1",
    command: ["bin/workerd"],
  },
} as const;

export type Runtime = keyof typeof RUNTIMES;

/** The command that runs a script in this runtime; it is fetched from the registry, once a build. */
export function commandOf(runtime: Runtime): readonly [program: string, ...args: string[]] {
  const { package: name, version, command } = RUNTIMES[runtime];
  const [program, ...args] = command;
  return [join(installed(runtime, name, version), program), ...args];
}

export const versionOf = (runtime: Runtime): string => RUNTIMES[runtime].version;

/** The versions of all runtimes. */
export const runtimeVersions = (): readonly string[] => Object.values(RUNTIMES).map(({ version }) => version);

/** The folder of a better-sqlite3 that newer runtimes load as it comes; it is fetched from the registry, once a build. */
export function newerBetterSqlite3(): string {
  return installed("better-sqlite3", "better-sqlite3", "13.2.0");
}

/** `NODE_OPTIONS` with which Node 24 takes that better-sqlite3 in place of the one of this repository. */
export function withBetterSqlite3(): string {
  const code = `import { registerHooks } from "node:module";
    const found = (name) => name
      .replace(/^better-sqlite3$/, "better-sqlite3/lib/index.js")
      .replace(/^better-sqlite3(?=\\/)/, ${JSON.stringify(newerBetterSqlite3())});
    registerHooks({ resolve: (name, context, next) => next(found(name), context) });`;
  return `--import=data:text/javascript,${encodeURIComponent(code)}`;
}

/** Returns the folder of a package, which is installed by itself. */
function installed(what: string, name: string, version: string): string {
  const folder = join(ROOT, ".build/runtimes", what.replaceAll(" ", "-"));
  if (!existsSync(folder)) install(folder, name, version);
  return join(folder, "node_modules", name);
}

function install(folder: string, name: string, version: string): void {
  // Renamed into place at the end: another test file may need the runtime at the same time.
  const fresh = `${folder}-${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  writeFileSync(join(fresh, "package.json"), JSON.stringify({ private: true, dependencies: { [name]: version } }));
  // Their install scripts only look for what is here.
  run(fresh, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--silent");
  if (!existsSync(folder)) renameSync(fresh, folder);
}
