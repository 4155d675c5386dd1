import { BESIDE, isComponent } from "../../examples.ts";
import { compile, type Source } from "./compile.ts";
import { inspectAll } from "./inspect.ts";
import { mountComponent } from "./mount.ts";

/** Where an example finds its console. */
const CONSOLE = "rivuletConsole";

const LEVELS = ["debug", "error", "info", "log", "warn"] as const;

/** An example with what it needs of its page. */
export interface Example extends Source {
  /** The file that it imports as `BESIDE`; undefined if there is none. */
  readonly beside: Source | undefined;
  /** Where a component is shown. */
  readonly root: HTMLElement;
  /** Aborted when the run ends: what the example does from then on is not shown. */
  readonly signal: AbortSignal;
  print(line: string): void;
}

/**
 * Runs an example as a module of this page, whose import map resolves what it imports, and shows its component.
 * Rejects with what the example throws, or with what does not parse.
 */
export async function runCode({ beside, root, signal, print, ...source }: Example): Promise<void> {
  const log = (...values: unknown[]): void => {
    if (!signal.aborted) print(inspectAll(values));
  };
  const shown = Object.fromEntries(LEVELS.map((level) => [level, log]));
  Object.assign(globalThis, { [CONSOLE]: { ...console, ...shown } });
  const addresses: string[] = [];
  try {
    let code = await compile(source);
    if (beside !== undefined && code.includes(`"${BESIDE}"`)) {
      code = code.replaceAll(`"${BESIDE}"`, `"${addressOf(await compile(beside))}"`);
    }
    if (signal.aborted) return;
    const module = (await import(/* @vite-ignore */ addressOf(code))) as object;
    if (signal.aborted || !isComponent(source.language)) return;
    const remove = await mountComponent(source.language, code, module, root);
    if (signal.aborted) remove();
    else signal.addEventListener("abort", remove, { once: true });
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
