import { fork } from "node:child_process";
import { mkdirSync, rmSync, statfsSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../support/run-node.ts";
import type { Cost } from "./cpu-child.ts";
import { copyBuild } from "./cpu/build.ts";
import { ROWS, type CpuRow } from "./cpu/rows.ts";
import { estimate, type Estimate } from "./harness.ts";
import { formatEstimate, type Row } from "./row.ts";

/** How to compare CPU time. */
export interface CpuOptions {
  /** The folder `dist` of another build, which is measured by turns with this one. */
  readonly beside?: string | undefined;
  /** How often every process runs; default 7. */
  readonly rounds?: number | undefined;
}

/** What one round measured of the same work: this build, the other one, and what they are compared with. */
interface Round {
  readonly now: Cost;
  readonly before?: Cost;
  readonly against?: Cost;
}

/** The type of a file system in memory (https://docs.kernel.org/filesystems/tmpfs.html), where flushes cost nothing. */
const TMPFS = 0x01021994;

/**
 * CPU time, each work in processes of its own, by turns: it stays the same on a machine that is busy with other work, where durations do
 * not. Works whose aim is of a disk have a row of durations, too, if `folder` is on one. `only`: the rows whose names start with this text.
 */
export async function* benchCpu(folder: string, only = "", options: CpuOptions = {}): AsyncGenerator<Row> {
  const { beside, rounds = 7 } = options;
  const isOnDisk = statfsSync(folder).type !== TMPFS;
  const now = copyBuild(join(ROOT, "dist"), "now");
  const before = beside === undefined ? undefined : copyBuild(beside, "before");
  for (const row of ROWS.filter(({ name }) => name.startsWith(only))) {
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round++) measured.push(await measure(row, now, before, folder));
    yield toRow(row, measured, "cpu");
    if (row.ofDisk === true && isOnDisk) yield toRow(row, measured, "duration");
  }
}

async function measure(row: CpuRow, now: string, before: string | undefined, folder: string): Promise<Round> {
  const sides = shuffled([
    ["now", "ours", now],
    ...(before === undefined ? [] : [["before", "ours", before]]),
    ...(row.against === undefined ? [] : [["against", "against", now]]),
  ]);
  const round: Record<string, Cost> = {};
  for (const [key = "", side = "", dist = ""] of sides) round[key] = await costOf(row.name, side, dist, folder);
  return round as unknown as Round;
}

async function costOf(name: string, side: string, dist: string, folder: string): Promise<Cost> {
  const files = join(folder, "cpu");
  mkdirSync(files);
  const child = fork(fileURLToPath(new URL("./cpu-child.js", import.meta.url)), [name, side, dist, files]);
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`${name}: the process ended with ${code}`);
  });
  const [cost] = (await Promise.race([once(child, "message"), failed])) as [Cost];
  await failed.catch(() => undefined);
  rmSync(files, { recursive: true });
  return cost;
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, place: Math.random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ value }) => value);
}

/** What a row compares. */
type Kind = "cpu" | "duration";

const NAMES: Readonly<Record<Kind, string>> = { cpu: "CPU time", duration: "duration on a disk" };

function toRow({ name, against = "", aim }: CpuRow, rounds: readonly Round[], kind: Kind): Row {
  const each = (cost: Cost): number => (cost[kind] * 1_000) / cost.operations;
  const over = (value: (round: Round) => number): Estimate => estimate(rounds.map(value));
  const now = over((round) => each(round.now));
  const details: string[] = [];
  const figures: Record<string, number> = { now: now.median };
  let ratio: Estimate | undefined;
  if (rounds[0]?.against !== undefined) {
    const theirs = over((round) => each(round.against!));
    details.push(`${formatEstimate(now)} µs : ${formatEstimate(theirs)} µs`);
    ratio = over((round) => each(round.against!) / each(round.now));
    figures["against"] = theirs.median;
  }
  if (rounds[0]?.before !== undefined) {
    const before = over((round) => each(round.before!));
    const part = over((round) => each(round.now) / each(round.before!));
    details.push(`before: ${formatEstimate(before)} µs, of which ${formatEstimate(part)} is left`);
    Object.assign(figures, { before: before.median, left: part.median });
  }
  const { median: value, low, high } = ratio ?? now;
  return {
    name: `${name}, ${NAMES[kind]}`,
    against,
    value,
    low,
    high,
    unit: ratio === undefined ? "µs" : "",
    ...(details.length > 0 && { detail: details.join("; ") }),
    ...(aim !== undefined && ratio !== undefined && { aim: { atLeast: aim } }),
    figures,
  };
}
