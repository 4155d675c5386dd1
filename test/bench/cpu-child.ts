/**
 * Does the work of a row, and reports its CPU time and duration in milliseconds. Arguments: the row, "ours" or "against", the build, a
 * folder. Run alone, it prints them, such as under `node --cpu-prof`.
 */
import { buildIn } from "./cpu/build.ts";
import { ROWS, type Works } from "./cpu/rows.ts";

/** What a process reports of its work. */
export interface Cost {
  /** Milliseconds of the processor, of all threads. */
  readonly cpu: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly operations: number;
}

const [name, side, dist, folder] = process.argv.slice(2) as [string, keyof Works, string, string];
const row = ROWS.find((one) => one.name === name);
if (row === undefined) throw new Error(`there is no row named ${name}`);
const start = (await row.load())[side];
if (start === undefined) throw new Error(`nothing is compared with ${name}`);
const work = await start(buildIn(dist), folder);
for (let run = 0; run < row.warm; run++) {
  await work.prepare?.();
  await work.run();
}
const cost = { cpu: 0, duration: 0, operations: 0 };
for (let run = 0; run < (row.runs ?? 1); run++) {
  await work.prepare?.();
  const cpu = process.cpuUsage();
  const started = performance.now();
  cost.operations += await work.run();
  cost.duration += performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  cost.cpu += (user + system) / 1_000;
}
await work.close();
if (process.send === undefined) console.log(cost);
else process.send(cost);
