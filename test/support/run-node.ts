import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository's folder: tests run from the sources, their processes from what was compiled of them. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** Runs a script, given by its path in the repository, to its end; resolves with what it printed, rejects when it fails. */
export function runNode(script: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    let complaints = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(printed);
      else reject(new Error(`${script} ended with ${code}:\n${complaints}`));
    });
  });
}
