import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../../support/run-node.ts";

/** The entry points that works load. */
interface EntryPoints {
  readonly rivulet: typeof import("rivulet");
  readonly "rivulet/better-sqlite3": typeof import("rivulet/better-sqlite3");
  readonly "rivulet/consumers": typeof import("rivulet/consumers");
  readonly "rivulet/projections": typeof import("rivulet/projections");
  readonly "rivulet/read-models": typeof import("rivulet/read-models");
  readonly "rivulet/sync": typeof import("rivulet/sync");
  readonly "rivulet/sync/hub": typeof import("rivulet/sync/hub");
}

/** A build of the package, of these sources or of others. */
export interface Build {
  /** Loads an entry point, by the name under which users import it. */
  load<Name extends keyof EntryPoints>(name: Name): Promise<EntryPoints[Name]>;
}

/** Finds the entry points of the build in a folder `dist`. */
export function buildIn(dist: string): Build {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, { readonly default: string }>>;
  };
  return {
    async load(name) {
      const file = exports[`.${name.slice("rivulet".length)}`]?.default;
      if (file === undefined) throw new Error(`the package has no entry point ${name}`);
      return (await import(pathToFileURL(join(dist, file.replace("./dist/", ""))).href)) as never;
    },
  };
}

/** Copies a build to where it finds the dependencies of these sources, and where building again does not change it. */
export function copyBuild(dist: string, name: string): string {
  const copy = join(ROOT, ".build", "beside", name);
  rmSync(copy, { recursive: true, force: true });
  cpSync(dist, copy, { recursive: true });
  return copy;
}
