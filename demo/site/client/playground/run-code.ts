import { PRELUDE } from "../../examples.ts";
import { inspectAll } from "./inspect.ts";
import { print } from "./tracked.ts";

/** Where an example finds its console. */
const CONSOLE = "rivuletConsole";

const LEVELS = ["debug", "error", "info", "log", "warn"] as const;

/**
 * Runs TypeScript as a module of this page: its types are removed, and the page's import map resolves what it imports.
 * Rejects with what the example throws, or with what does not parse.
 */
export async function runCode(code: string, isProgram: boolean): Promise<void> {
  const { transform } = await import("sucrase");
  const source = isProgram ? code : `${PRELUDE}${code}`;
  const plain = transform(source, { transforms: ["typescript"], disableESTransforms: true }).code;
  const shown = Object.fromEntries(LEVELS.map((level) => [level, (...values: unknown[]) => print(inspectAll(values))]));
  Object.assign(globalThis, { [CONSOLE]: { ...console, ...shown } });
  // The first line is that of the source, as in messages about syntax.
  const module = new Blob([`const console = globalThis.${CONSOLE}; ${plain}\nexport {};`], { type: "text/javascript" });
  const address = URL.createObjectURL(module);
  try {
    await import(/* @vite-ignore */ address);
  } finally {
    URL.revokeObjectURL(address);
  }
}
