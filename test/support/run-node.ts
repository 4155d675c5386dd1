import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository's folder: tests run from the sources, processes and the benchmark from the compiled code. */
export const ROOT: string = fileURLToPath(
  new URL(import.meta.url.includes("/.build/") ? "../../../" : "../../", import.meta.url),
);

export interface RunOptions {
  /** Default: the repository's folder. */
  readonly cwd?: string;
}

/** Runs a script until it ends; resolves with its output, and rejects with it if the script fails. */
export function runNode(
  script: string,
  args: readonly string[] = [],
  { cwd = ROOT }: RunOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    let complaints = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(printed);
      else reject(new Error(`${script} ended with ${code}:\n${printed}${complaints}`));
    });
  });
}
