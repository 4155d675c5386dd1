/**
 * `npm run bench`: how the store compares with SQLite by hand, as ratios taken interleaved in one process. Prints a table;
 * `npm run bench -- --help` lists the options, the parts, and what can be measured alone.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readOptions } from "../../demo/support/options.ts";
import { keepMeasured } from "./documents.ts";
import { endWithChildren } from "./ending.ts";
import { PARTS } from "./parts.ts";
import { resultOf, tableLines, type Row } from "./row.ts";
import { describeParts, readBuild, readNumber, select } from "./selection.ts";

const values = readOptions(
  "npm run bench -- [options]",
  {
    only: { type: "string", about: "one part, such as appends; or a case of it, such as browser/first-view; or none" },
    json: { type: "string", about: "a file for the rows, beside the table that is printed" },
    docs: {
      type: "boolean",
      about: "keep the rows in docs/performance.json, and write the tables of the documents from it: format them then",
    },
    beside: { type: "string", about: "the folder `dist` of another build, which cpu measures by turns with this one" },
    rounds: { type: "string", default: "7", about: "how often each process of cpu runs" },
  },
  `Parts, with what may follow a slash:\n${describeParts(PARTS)}`,
);
const { parts, only, ...cpuOptions } = orEnd(() => ({
  ...select(values.only, PARTS),
  beside: values.beside === undefined ? undefined : readBuild("--beside", values.beside),
  rounds: readNumber("--rounds", values.rounds),
}));
const measured: Record<string, readonly Row[]> = {};
const folders: string[] = [];
endWithChildren(() => folders.forEach(remove));
for (const part of parts) {
  const folder = mkdtempSync(join(tmpdir(), "rivulet-bench-"));
  folders.push(folder);
  const rows: Row[] = [];
  measured[part] = rows;
  try {
    for await (const row of PARTS[part]?.run(folder, only, cpuOptions) ?? []) {
      rows.push(row);
      process.stderr.write(`${row.name}: ${resultOf(row)}\n`);
    }
  } finally {
    remove(folder);
  }
}
for (const line of tableLines(Object.values(measured).flat())) console.log(line);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(measured, undefined, 2)}\n`);
if (values.docs) {
  for (const { name } of keepMeasured(measured)) process.stderr.write(`no table has a row for: ${name}\n`);
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Ends the process with the message of what is wrong. */
function orEnd<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    console.error(`${(error as Error).message}\nnpm run bench -- --help lists all.`);
    return process.exit(2);
  }
}
