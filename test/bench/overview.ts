import type { Measured, MeasuredRow } from "../../demo/site/measured.ts";
import { cellsOf, resultOf } from "./row.ts";

/** Which kept row a line of the overview in docs/performance.md shows: its work and baseline there, then part, name and baseline here. */
const LINES: readonly (readonly [work: string, beside: string, part: string, name: string, against: string])[] = [
  [
    "the last of 10,000 `for await` loops over one stream gets an event",
    "a commit by hand, then 10,000 callbacks",
    "watching",
    "append to the last of 10,000 loops over one stream",
    "a raw commit, then 10,000 callbacks",
  ],
  ...["FULL", "NORMAL"].map((durability) => {
    const name = `one awaited append, ${durability}`;
    return [name, "by hand", "appends", name, "BEGIN IMMEDIATE, prepared INSERT, COMMIT"] as const;
  }),
  [
    "the first 1,000 concurrent appends of a process",
    "by hand, one at a time",
    "cpu",
    "the first 1,000 concurrent appends of a process, FULL, duration on a disk",
    "the first 1,000 transactions by hand, one at a time",
  ],
  [
    "the first 2,000 appends of a process, FULL",
    "by hand, the first 2,000 of a process",
    "cpu",
    "the first 2,000 appends of a process, FULL, duration on a disk",
    "BEGIN IMMEDIATE, prepared INSERT, COMMIT, the first 2,000 of a process",
  ],
  [
    "the same in worker mode, the first 1,000",
    "by hand, the first 1,000 of a process",
    "cpu",
    "worker mode: the first 1,000 appends of a process, FULL, duration on a disk",
    "BEGIN IMMEDIATE, prepared INSERT, COMMIT, the first 1,000 of a process",
  ],
  [
    "one awaited append in worker mode, NORMAL",
    "by hand",
    "cpu",
    "worker mode: one awaited append, NORMAL, duration on a disk",
    "BEGIN IMMEDIATE, prepared INSERT, COMMIT",
  ],
  [
    "append to watcher, same process, beyond the append",
    "",
    "watching",
    "append to watcher, same process, beyond the append (median of 500)",
    "",
  ],
  [
    "append to watcher, same process, NORMAL",
    "",
    "watching",
    "append to watcher, same process, NORMAL (median of 500)",
    "",
  ],
  [
    "batches of 1,000 with random ids, into a million events",
    "into ten thousand",
    "growth",
    "batches of 1,000 into a million stored events, ids by crypto.randomUUID()",
    "into ten thousand",
  ],
  ...["streams", "streamPrefix"].map((option) => {
    const name = `reading 100 of 500,000 events by \`${option}\``;
    return [name, "the stream's own read", "reads", name, "the stream's own read"] as const;
  }),
  ...["types", "metadata"].flatMap((option) =>
    [5, 500].map((found) => {
      const name = `reading ${found} of 500,000 events by \`${option}\``;
      return [name, "an index by hand", "reads", name, "an index by hand"] as const;
    }),
  ),
  ...[3, 300].map((found) => {
    const name = `reading ${found} of 300,000 events by \`types\``;
    return [name, "a scan by hand", "reads", name, "a scan by hand"] as const;
  }),
  ["the index of types", "", "reads", "the index of types, nine frequent types alternating", ""],
  [
    "the same, and the index of a key of metadata",
    "an index of all events by hand, of each",
    "reads",
    "the indexes of types and of a key of metadata, 20 values of it alternating",
    "an index of all events by hand, of each",
  ],
  [
    "a read model of 200,000 flights",
    "reading, parsing and statements by hand",
    "models",
    "a read model of 200,000 flights, built",
    "the data read, parsed, and the same statements by hand, in transactions as large",
  ],
  [
    "the same",
    "the statements alone",
    "models",
    "a read model of 200,000 flights, built",
    "the same statements alone, by hand, over events that are in memory",
  ],
  [
    "a consumer with an empty handler, 1,000 events a checkpoint",
    "full replay",
    "consumers",
    "a consumer, 1,000 events a checkpoint, FULL",
    "full replay, parsed",
  ],
  [
    "the same, 100 events a checkpoint",
    "full replay",
    "consumers",
    "a consumer, 100 events a checkpoint, FULL",
    "full replay, parsed",
  ],
  [
    "an append that conflicts, 3 events unseen",
    "by hand",
    "appends",
    "an append that conflicts, 3 events unseen",
    "the same transaction by hand",
  ],
  ...[
    ["the last known state on screen, Chromium just started", "browser"],
    ["the same in a new tab", "tab"],
  ].map(([work = "", kind = ""]) => {
    const name = `Chromium: a new ${kind}, its files in the cache: the last known state is shown`;
    return [work, "", "browser", name, ""] as const;
  }),
];

/** The CPU time that a line of the overview shows after its result: the line's work and baseline, then the name of the row of `cpu`. */
const CPU_TIMES: readonly (readonly [work: string, beside: string, name: string])[] = [
  ["one awaited append, FULL", "by hand", "one awaited append, FULL"],
  ["one awaited append, NORMAL", "by hand", "one awaited append, NORMAL"],
  [
    "the first 1,000 concurrent appends of a process",
    "by hand, one at a time",
    "the first 1,000 concurrent appends of a process, FULL",
  ],
  [
    "the first 2,000 appends of a process, FULL",
    "by hand, the first 2,000 of a process",
    "the first 2,000 appends of a process, FULL",
  ],
  [
    "the same in worker mode, the first 1,000",
    "by hand, the first 1,000 of a process",
    "worker mode: the first 1,000 appends of a process, FULL",
  ],
  ["one awaited append in worker mode, NORMAL", "by hand", "worker mode: one awaited append, NORMAL"],
  [
    "a read model of 200,000 flights",
    "reading, parsing and statements by hand",
    "a read model of 200,000 flights, built",
  ],
  ["the same", "the statements alone", "a read model of 200,000 flights, beside bare statements"],
  [
    "a consumer with an empty handler, 1,000 events a checkpoint",
    "full replay",
    "a consumer, 1,000 events a checkpoint",
  ],
  ["the same, 100 events a checkpoint", "full replay", "a consumer, 100 events a checkpoint"],
  ["an append that conflicts, 3 events unseen", "by hand", "an append that conflicts, 3 events unseen"],
];

/** A line that begins with work and a link to its section. */
const LINE = /^\| \[(.+?)\]\([^)]*\) *\|/;

/** Writes the aim and the first result of an overview's line from the row that it shows. Other lines stay as they are. */
export function fillOverview(line: string, measured: Measured): string {
  const [, work] = LINE.exec(line) ?? [];
  if (work === undefined) return line;
  const [linked = "", beside = "", aim = "", reached = "", ...rest] = line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
  const row = rowOf(work, beside, measured);
  if (row === undefined) return line;
  const time = cpuTimeOf(work, beside, measured);
  const result = [bareResultOf(row), ...(time === undefined ? [] : [`CPU ${bareResultOf(time)}`])].join("; ");
  // An aim in words, which the row does not have, stays.
  const fresh = [linked, beside, cellsOf(row)[3] === "" ? aim : cellsOf(row)[3], result, ...rest];
  return fresh[2] === aim && fresh[3] === reached ? line : `| ${fresh.join(" | ")} |`;
}

/** Without the rates or times in parentheses. */
function bareResultOf(row: MeasuredRow): string {
  const { detail: _, ...plain } = row;
  return resultOf(plain);
}

function cpuTimeOf(work: string, beside: string, measured: Measured): MeasuredRow | undefined {
  const [, , name] = CPU_TIMES.find(([one, other]) => one === work && other === beside) ?? [];
  return measured["cpu"]?.find((row) => row.name === `${name}, CPU time`);
}

function rowOf(work: string, beside: string, measured: Measured): MeasuredRow | undefined {
  const [, , part = "", name, against] = LINES.find(([one, other]) => one === work && other === beside) ?? [];
  return measured[part]?.find((row) => row.name === name && row.against === against);
}
