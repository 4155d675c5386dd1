/**
 * `npm run bench`: how the store compares with SQLite by hand, as ratios taken interleaved in one process. Prints a table;
 * `--json FILE` writes it as well, `--only NAME` runs one part, `--only browser/CASE` one case of it,
 * `--only growth/EVENTS` what everything costs with so many events, `--only soak/MINUTES` a longer soak. `--docs` keeps the rows in
 * docs/performance.json, and writes the tables of README and of `docs` from it: format them then. `--docs --only none` writes them
 * without measuring. `--only cpu/NAME` measures the CPU time of the rows whose names start so; with `--beside DIST`, also that of
 * another build, by turns; `--rounds N` times, default 7.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchAppends } from "./appends.ts";
import { benchBrowser } from "./browser.ts";
import { benchCommands } from "./commands.ts";
import { benchConsumers } from "./consumers.ts";
import { benchCpu, type CpuOptions } from "./cpu.ts";
import { keepMeasured } from "./documents.ts";
import { benchEngines } from "./engines.ts";
import { benchGrowth } from "./growth.ts";
import { benchMemory } from "./memory.ts";
import { benchPeers } from "./peers.ts";
import { benchPostgres } from "./postgres.ts";
import { benchProjections } from "./projections.ts";
import { benchReadModels } from "./read-models.ts";
import { benchReads } from "./reads.ts";
import { benchReplicas } from "./replicas.ts";
import { benchSoak } from "./soak.ts";
import { resultOf, tableLines, type Row } from "./row.ts";
import { benchTraces } from "./traces.ts";
import { benchWatching } from "./watching.ts";
import { benchWorker } from "./worker-mode.ts";

const parts: Readonly<Record<string, (folder: string, only?: string, options?: CpuOptions) => AsyncGenerator<Row>>> = {
  appends: benchAppends,
  reads: benchReads,
  watching: benchWatching,
  worker: benchWorker,
  projections: benchProjections,
  models: benchReadModels,
  commands: benchCommands,
  consumers: benchConsumers,
  growth: benchGrowth,
  cpu: benchCpu,
  engines: benchEngines,
  traces: benchTraces,
  memory: benchMemory,
  soak: benchSoak,
  replicas: benchReplicas,
  postgres: benchPostgres,
  browser: benchBrowser,
  peers: benchPeers,
};

const { values } = parseArgs({
  options: {
    json: { type: "string" },
    only: { type: "string" },
    docs: { type: "boolean" },
    beside: { type: "string" },
    rounds: { type: "string" },
  },
});
const [part, onlyCase] = values.only?.split("/") ?? [];
const cpuOptions = { beside: values.beside, ...(values.rounds !== undefined && { rounds: Number(values.rounds) }) };
const measured: Record<string, readonly Row[]> = {};
for (const [name, bench] of Object.entries(parts)) {
  if (part !== undefined && part !== name) continue;
  const folder = mkdtempSync(join(tmpdir(), "rivulet-bench-"));
  const rows: Row[] = [];
  measured[name] = rows;
  try {
    for await (const row of bench(folder, onlyCase, cpuOptions)) {
      rows.push(row);
      process.stderr.write(`${row.name}: ${resultOf(row)}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
for (const line of tableLines(Object.values(measured).flat())) console.log(line);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(measured, undefined, 2)}\n`);
if (values.docs === true) {
  for (const { name } of keepMeasured(measured)) process.stderr.write(`no table has a row for: ${name}\n`);
}
