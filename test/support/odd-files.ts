import { expect } from "vitest";
import { startScriptOn, withoutWarnings } from "./child.ts";
import type { EngineName } from "./given-engine.ts";
import { ODD_DATA, ODD_VALUES, type OddReport } from "./odd-values.ts";

/** The engines that open files, each in a runtime that has it. */
export const ENGINES: readonly EngineName[] = [
  "better-sqlite3",
  "better-sqlite3 in Node 24",
  "node-sqlite",
  "node-sqlite in Node 22",
  "node-sqlite in Bun",
  "node-sqlite in Deno",
];

/** Uses a file with odd values through an engine. */
export async function useFileOn(engine: EngineName, path: string): Promise<OddReport> {
  const { code, errors, lines } = await startScriptOn(engine, "use-odd-values", path).ended;
  expect({ engine, code, errors: withoutWarnings(errors) }).toEqual({ engine, code: 0, errors: "" });
  return JSON.parse(lines[0] as string) as OddReport;
}

/** Checks that each user of a store found exactly what the one before had left, and has stored the same as every other. */
export function expectContinued(reports: readonly (readonly [user: string, report: OddReport])[]): void {
  for (const [index, [user, { before, after, consumed }]] of reports.entries()) {
    const found = reports[index - 1]?.[1].after;
    if (found !== undefined) expect(before, `what ${user} found`).toEqual(found);
    const fresh = after.events.slice(before.events.length);
    expect(after.events.slice(0, before.events.length), `events before ${user}`).toEqual(before.events);
    expect(
      fresh.map(({ data }) => data),
      `data of ${user}`,
    ).toEqual([...ODD_DATA, undefined]);
    expect(consumed, `consumed in ${user}`).toEqual(fresh.map(({ position }) => position));
    expect(after.parked.slice(before.parked.length), `parked by ${user}`).toEqual([
      `${after.events.length} before\0after`,
    ]);
    expect(after.snapshot?.state, `snapshot of ${user}`).toEqual(stateAt(after.snapshot?.version));
    expect(after.rows.slice(before.rows.length), `rows of ${user}`).toEqual(
      fresh.filter(({ type }) => type === "odd").map(({ position }) => rowAt(position)),
    );
  }
}

function stateAt(version: number | undefined): unknown {
  return version === undefined ? undefined : expect.arrayContaining([version, "\0\ud800"]);
}

/** The row that an event has made: its position, the type of its value, and the value. */
function rowAt(position: number): readonly unknown[] {
  const value = ODD_VALUES[position % ODD_VALUES.length];
  if (value === null) return [position, "null", null];
  if (typeof value === "string") return [position, "text", value];
  if (value instanceof Uint8Array) return [position, "blob", [...value]];
  return [position, Number.isInteger(Number(value)) ? "integer" : "real", Number(value)];
}
