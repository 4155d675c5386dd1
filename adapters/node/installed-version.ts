import { createRequire } from "node:module";

/** Reads a package's version without loading the package. "0" if it is not found: then nothing is known against it. */
export function installedVersion(name: string): string {
  try {
    return (createRequire(import.meta.url)(`${name}/package.json`) as { readonly version: string }).version;
  } catch {
    return "0";
  }
}
