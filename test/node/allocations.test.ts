/** How much JavaScript allocates for an event, which a count of promises does not show. */
import { expect, test } from "vitest";
import { scriptPath } from "../support/child.ts";
import { runNode } from "../support/run-node.ts";
import { temporaryPath } from "../support/temporary.ts";

/**
 * An optimizing compiler leaves out some objects, and when it has compiled a function depends on the load: without it, the numbers stay
 * the same. The young generation takes all of a round, so nothing is collected while it is measured (`node --v8-options`).
 */
const FLAGS = ["--expose-gc", "--no-opt", "--min-semi-space-size=128", "--max-semi-space-size=128"] as const;

type Found = Readonly<Record<string, number>>;

/** In bytes. The smallest object takes 16, an empty array 32, `{}` 56 and a closure 64 (V8 without compressed pointers). */
const MOST_BYTES = {
  "an event that is read": 1_365,
  "an event that is folded": 1_165,
  "an event that a consumer handles": 2_960,
  "an event of a read model": 1_580,
  "an append that is awaited alone": 7_530,
  "one of many appends at once": 5_560,
  "an event of a batch": 1_510,
  "an event for each loop that gets it": 805,
} as const;

test("what happens for an event allocates no more of JavaScript's memory than is known", async () => {
  const [flag, ...flags] = FLAGS;

  const found = JSON.parse(
    await runNode(flag, [...flags, scriptPath("allocations"), temporaryPath(), JSON.stringify(MOST_BYTES)]),
  ) as Found;

  const all = Object.entries<number>(MOST_BYTES).map(([what, most]) => ({ what, most, bytes: found[what] ?? 0 }));
  expect(all.filter(({ bytes, most }) => bytes > most)).toEqual([]);
  // Less by much would mean that something was collected in between, or that the numbers above are out of date.
  expect(all.filter(({ bytes, most }) => bytes < most * 0.95)).toEqual([]);
}, 600_000);
