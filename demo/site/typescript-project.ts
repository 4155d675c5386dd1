/** Opens files in TypeScript's own program, with the settings of this repository. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { API, type Project } from "typescript/unstable/sync";

/** Reads something of these files, which are named from the root on. `folder`: where the project's configuration is written. */
export function inProject<Found>(
  root: string,
  folder: string,
  files: readonly string[],
  read: (project: Project) => Found,
): Found {
  const config = join(root, folder, "tsconfig.json");
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(config, JSON.stringify(toConfig(files)));
  const api = new API({ cwd: root });
  try {
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
    if (project === undefined) throw new Error(`TypeScript did not open ${config}`);
    return read(project);
  } finally {
    api.close();
  }
}

function toConfig(files: readonly string[]): object {
  return {
    extends: "../../tsconfig.json",
    compilerOptions: {
      composite: false,
      noEmit: true,
      rootDir: "../..",
      allowImportingTsExtensions: true,
      types: ["node"],
      lib: ["es2022", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"],
    },
    files: files.map((file) => `../../${file}`),
    references: [],
  };
}
