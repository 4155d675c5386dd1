import { benchAppends } from "./appends.ts";
import { benchBrowser, BROWSER_CASES } from "./browser.ts";
import { benchCommands } from "./commands.ts";
import { benchConsumers } from "./consumers.ts";
import { benchCpu, type CpuOptions } from "./cpu.ts";
import { ROWS } from "./cpu/rows.ts";
import { benchEngines } from "./engines.ts";
import { benchGrowth, GROWTH_CASES } from "./growth.ts";
import { benchMemory } from "./memory.ts";
import { benchPeers } from "./peers.ts";
import { benchPostgres, POSTGRES_CASES } from "./postgres.ts";
import { benchProjections } from "./projections.ts";
import { benchReadModels } from "./read-models.ts";
import { benchReads } from "./reads.ts";
import { benchReplicas, REPLICA_CASES } from "./replicas.ts";
import type { Row } from "./row.ts";
import { benchSoak } from "./soak.ts";
import { benchTraces } from "./traces.ts";
import { benchWatching } from "./watching.ts";
import { benchWorker } from "./worker-mode.ts";

/** A part of the benchmark. */
export interface Part {
  /** Measures its rows, with files in this folder. `only`: what follows the slash of `--only PART/…`, if it is one of `cases`. */
  run(folder: string, only?: string, options?: CpuOptions): AsyncGenerator<Row>;
  /** What may follow the slash; default: nothing. */
  readonly cases?: Cases;
}

/** What of a part can be measured alone. */
export interface Cases {
  readonly names?: readonly string[];
  /** The names of rows, of which a beginning is enough: all rows that start so are measured. */
  readonly rows?: readonly string[];
  /** A number instead: what it is called, and what it must be a multiple of. */
  readonly number?: { readonly name: string; readonly step: number };
}

export const PARTS: Readonly<Record<string, Part>> = {
  appends: { run: benchAppends },
  reads: { run: benchReads },
  watching: { run: benchWatching },
  worker: { run: benchWorker },
  projections: { run: benchProjections },
  models: { run: benchReadModels },
  commands: { run: benchCommands },
  consumers: { run: benchConsumers },
  growth: { run: benchGrowth, cases: { names: GROWTH_CASES, number: { name: "EVENTS", step: 10_000 } } },
  cpu: { run: benchCpu, cases: { rows: ROWS.map(({ name }) => name) } },
  engines: { run: benchEngines },
  traces: { run: benchTraces },
  memory: { run: benchMemory },
  soak: { run: benchSoak, cases: { number: { name: "MINUTES", step: 1 } } },
  replicas: { run: benchReplicas, cases: { names: REPLICA_CASES } },
  postgres: { run: benchPostgres, cases: { names: POSTGRES_CASES } },
  browser: { run: benchBrowser, cases: { names: BROWSER_CASES } },
  peers: { run: benchPeers },
};
