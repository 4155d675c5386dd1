import { BESIDE, isComponent } from "../../examples.ts";
import { compile, type Source } from "./compile.ts";
import { inspectAll } from "./inspect.ts";
import { mountComponent } from "./mount.ts";
import { atEnd, print } from "./tracked.ts";

/** Where an example finds its console. */
const CONSOLE = "rivuletConsole";

const LEVELS = ["debug", "error", "info", "log", "warn"] as const;

/** An example with what it needs of its page. */
export interface Example extends Source {
  /** The file that it imports as `BESIDE`; undefined if there is none. */
  readonly beside: Source | undefined;
  /** Where a component is shown. */
  readonly root: HTMLElement;
}

/**
 * Runs an example as a module of this page, whose import map resolves what it imports, and shows its component.
 * Rejects with what the example throws, or with what does not parse.
 */
export async function runCode({ beside, root, ...source }: Example): Promise<void> {
  const shown = Object.fromEntries(LEVELS.map((level) => [level, (...values: unknown[]) => print(inspectAll(values))]));
  Object.assign(globalThis, { [CONSOLE]: { ...console, ...shown } });
  const addresses: string[] = [];
  try {
    let code = await compile(source);
    if (beside !== undefined && code.includes(`"${BESIDE}"`)) {
      code = code.replaceAll(`"${BESIDE}"`, `"${addressOf(await compile(beside))}"`);
    }
    const module = (await import(/* @vite-ignore */ addressOf(code))) as object;
    if (isComponent(source.language)) atEnd(await mountComponent(source.language, module, root));
  } finally {
    for (const address of addresses) URL.revokeObjectURL(address);
  }

  function addressOf(code: string): string {
    // The first line is that of the source, as in messages about syntax.
    const text = `const console = globalThis.${CONSOLE}; ${code}\nexport {};`;
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    addresses.push(address);
    return address;
  }
}
