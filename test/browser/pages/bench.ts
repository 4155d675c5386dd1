/** The benchmark in a browser: measures in the page, and returns the rows of the table. */
import { SEVERAL, SINGLE, type CaseName } from "../../bench/browser/cases.ts";
import { leadIfAsked } from "../../bench/browser/hand-over.ts";
import { joinTabs } from "../../bench/browser/tabs.ts";
import type { Row } from "../../bench/row.ts";

const bench = {
  run: (name: CaseName): Promise<Row[]> => ({ ...SINGLE, ...SEVERAL })[name](),
  join: joinTabs,
};

declare global {
  interface Window {
    readonly bench: typeof bench;
  }
}

Object.assign(globalThis, { bench });

const asked = location.hash.slice(1).split(",");
if (asked.some((name) => name in SINGLE)) void postAll(asked);
else leadIfAsked();

/** For a browser that the test can only start: posts the rows or the error of each case as it ends. */
async function postAll(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const result = await SINGLE[name as keyof typeof SINGLE]().catch((error: unknown) => String(error));
    await fetch(`/bench-${name}`, { method: "POST", body: JSON.stringify(result) });
  }
}
