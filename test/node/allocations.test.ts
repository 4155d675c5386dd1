/** How much JavaScript allocates for an event, which a count of promises does not show. */
import { expect, test } from "vitest";
import { scriptPath } from "../support/child.ts";
import { runNode } from "../support/run-node.ts";
import { temporaryPath } from "../support/temporary.ts";

/**
 * Optimizing compilers leave out some objects, and when they have compiled a function depends on the load: without them, the numbers stay
 * the same. Node 20 does not use Maglev, later versions do. The young generation takes all of a round, so nothing is collected while it
 * is measured (`node --v8-options`).
 */
const FLAGS = [
  "--expose-gc",
  "--no-opt",
  "--no-maglev",
  "--min-semi-space-size=128",
  "--max-semi-space-size=128",
] as const;

type Found = Readonly<Record<string, number>>;

/**
 * In bytes, with V8 of Node 20 (11.3). The smallest object takes 16, an object of one property 32, as an empty array does, `{}` 56 and a
 * closure 64 (V8 without compressed pointers). The bounds are 7 to 22 bytes above the least that was seen, so an object of 32 more exceeds each.
 */
const MOST_BYTES = {
  "an event that is read": 1_365,
  "an event that is folded": 1_165,
  "an event that a consumer handles": 2_905,
  "an event of a read model": 1_560,
  "an append that is awaited alone": 7_620,
  "one of many appends at once": 5_642,
  "an event of a batch": 1_510,
  "an event for each loop that gets it": 725,
} as const;

/** Objects of another V8 have other sizes: with it, only what takes a tenth more is sure to be a fault. */
const isKnown = process.versions.v8.startsWith("11.");

test("what happens for an event allocates no more of JavaScript's memory than is known", async () => {
  const [flag, ...flags] = FLAGS;
  const bounds = Object.fromEntries(
    Object.entries(MOST_BYTES).map(([what, most]) => [what, isKnown ? most : most * 1.1]),
  );

  const found = JSON.parse(
    await runNode(flag, [...flags, scriptPath("allocations"), temporaryPath(), JSON.stringify(bounds)]),
  ) as Found;

  const all = Object.entries(bounds).map(([what, most]) => ({ what, most, bytes: found[what] ?? 0 }));
  expect(all.filter(({ bytes, most }) => bytes > most)).toEqual([]);
  // Less by much would mean that something was collected in between, or that the numbers above are out of date.
  expect(all.filter(({ bytes, most }) => bytes < most * (isKnown ? 0.95 : 0.5))).toEqual([]);
}, 600_000);
