import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../support/run-node.ts";
import { commandOf } from "../support/runtimes.ts";
import { startWorkerd } from "../support/workerd.ts";
import { WORKS, type Who, type WorkName } from "./engine-work.ts";
import { estimate, median } from "./harness.ts";
import { comparisonRow, type Row } from "./row.ts";

const ROUNDS = 30;
const FIRST = "better-sqlite3, Node 20";

/** An engine in a runtime of its own, which waits for work. */
interface Bench {
  readonly name: string;
  /** Does a block of work. Resolves with its duration in milliseconds. */
  run(work: WorkName, who: Who): Promise<number>;
  close(): Promise<void>;
}

/** The store on each engine, beside the same statements by hand on that engine, and beside the store on better-sqlite3. */
export async function* benchEngines(folder: string): AsyncGenerator<Row> {
  placePackage(folder);
  const benches = [
    await startChild(FIRST, [process.execPath], "better-sqlite3", folder),
    await startChild("node:sqlite, Node 24", commandOf("Node 24"), "node-sqlite", folder),
    await startChild("node:sqlite, Bun 1.4", commandOf("Bun"), "node-sqlite", folder),
    await startChild("node:sqlite, Deno 2.9", commandOf("Deno"), "node-sqlite", folder),
    await startObject("Durable Object, workerd"),
  ];
  try {
    for (const work of Object.keys(WORKS) as WorkName[]) yield* compareEngines(work, benches);
  } finally {
    for (const bench of benches) await bench.close();
  }
}

/** In each round every engine does a block of each kind, in random order. */
async function* compareEngines(work: WorkName, benches: readonly Bench[]): AsyncGenerator<Row> {
  const turns = benches.flatMap((bench) => (["ours", "raw"] as const).map((who) => ({ bench, who })));
  const rates = new Map(benches.map(({ name }) => [name, { ours: [] as number[], raw: [] as number[] }]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const { bench, who } of shuffled(turns)) {
      const rate = (WORKS[work].operations * 1000) / (await bench.run(work, who));
      if (round >= 0) rates.get(bench.name)?.[who].push(rate);
    }
  }
  const first = rates.get(FIRST) as { ours: number[]; raw: number[] };
  const aim = median(first.ours.map((rate, round) => rate / (first.raw[round] as number)));
  for (const [name, { ours, raw }] of rates) {
    const goal = name === FIRST ? {} : { goal: Math.round(aim * 100) / 100 };
    yield rowOf(`${name}: ${work}`, "the same by hand, on the same engine", ours, raw, goal);
    if (name !== FIRST) yield rowOf(`${name}: ${work}`, `the store on ${FIRST}`, ours, first.ours);
  }
}

function rowOf(
  name: string,
  against: string,
  ours: readonly number[],
  theirs: readonly number[],
  { goal }: { readonly goal?: number } = {},
): Row {
  const ratio = estimate(ours.map((rate, round) => rate / (theirs[round] as number)));
  return comparisonRow({ name, against, goal, ratio, ours: median(ours), theirs: median(theirs) });
}

function shuffled<T>(list: readonly T[]): readonly T[] {
  return list
    .map((one) => [Math.random(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);
}

/** The package and the scripts where every runtime finds them. */
function placePackage(folder: string): void {
  mkdirSync(join(folder, "node_modules"));
  for (const name of ["better-sqlite3", "bindings", "file-uri-to-path"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
  }
  cpSync(join(ROOT, "dist"), join(folder, "node_modules/rivulet/dist"), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(folder, "node_modules/rivulet/package.json"));
  for (const name of ["engine-child", "engine-work", "payload", "raw-schema"]) {
    cpSync(join(ROOT, `.build/test/bench/${name}.js`), join(folder, `${name}.js`));
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
}

async function startChild(
  name: string,
  [program, ...args]: readonly [string, ...string[]],
  engine: string,
  folder: string,
): Promise<Bench> {
  const child = spawn(program, [...args, "engine-child.js", engine, folder], {
    cwd: folder,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const next = linesOf(child);
  if ((await next()) !== "ready") throw new Error(`${name} is not ready`);
  return {
    name,
    async run(work, who) {
      child.stdin.write(`${JSON.stringify([work, who])}\n`);
      return Number(await next());
    },
    async close() {
      child.kill();
    },
  };
}

function linesOf(child: ChildProcessWithoutNullStreams): () => Promise<string> {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  return async () => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`it ended: ${errors}`);
    return value;
  };
}

/** Time stands still in an object while it works, so a block is measured from outside, with its request. */
async function startObject(name: string): Promise<Bench> {
  const workerd = await startWorkerd("engine-bench", "Bench");
  const ask = (work: string, who: Who): Promise<unknown> =>
    workerd.ask(`/?work=${encodeURIComponent(work)}&who=${who}`);
  for (const who of ["ours", "raw"] as const) await ask("prepare", who);
  return {
    name,
    async run(work, who) {
      await ask("open", who);
      const started = performance.now();
      await ask(work, who);
      return performance.now() - started;
    },
    close: workerd.close,
  };
}
