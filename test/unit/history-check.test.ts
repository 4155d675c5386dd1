import { expect, test } from "vitest";
import { idsOf, problemsOf, unanswered, type Call, type Found, type History } from "../support/history-check.ts";

const ONE: Call = { attempt: "one", stream: "a", size: 2, expected: 0 };
const TWO: Call = { attempt: "two", stream: "b", size: 1, expected: -1 };
const LATE: Call = { attempt: "late", stream: "a", size: 1, expected: 1 };
const LOST: Call = { attempt: "lost", stream: "b", size: 1, expected: -1 };

const STORED: readonly Found[] = [...idsOf(ONE), ...idsOf(TWO)].map((id, index): Found =>
  index < 2 ? [index + 1, "a", index + 1, id] : [index + 1, "b", 1, id],
);
const HISTORY: History = {
  calls: [ONE, TWO, LATE, LOST],
  answers: [
    { attempt: "one", outcome: "stored", position: 2, version: 2 },
    { attempt: "two", outcome: "stored", position: 3, version: 1 },
    { attempt: "late", outcome: "conflict", position: 0, version: 2 },
  ],
  sightings: [{ watcher: "w", events: STORED.map(([position, , , id]) => [position, id] as const) }],
};

const [first, second, third] = STORED as [Found, Found, Found];

test("a correct history has no problems, and names the calls without an answer", () => {
  expect(problemsOf(STORED, HISTORY)).toEqual([]);
  expect(unanswered(HISTORY)).toEqual([LOST]);
});

test.each<[string, readonly Found[], Partial<History>]>([
  ["an acknowledged append that is not there", [first, second], { sightings: [] }],
  ["half an append", [first], { answers: [], sightings: [] }],
  ["an append that is there twice", [...STORED, [4, "b", 2, third[3]]], {}],
  ["a gap in the positions", [first, second, [4, "b", 1, third[3]]], { answers: [], sightings: [] }],
  ["a gap in the versions", [first, second, [3, "b", 2, third[3]]], { answers: [] }],
  ["an append in another stream", [first, second, [3, "c", 1, third[3]]], {}],
  ["an append elsewhere than it was told", STORED, { answers: [{ ...HISTORY.answers[1]!, position: 4 }] }],
  ["one against what it expected", [...STORED, [4, "a", 3, idsOf(LATE)[0]!]], { answers: [] }],
  [
    "one that was refused, and is there",
    [...STORED, [4, "b", 2, idsOf(LOST)[0]!]],
    {
      answers: [{ attempt: "lost", outcome: "conflict", position: 0, version: 0 }],
    },
  ],
  [
    "one that was refused without reason",
    STORED,
    {
      answers: [{ attempt: "late", outcome: "conflict", position: 0, version: 1 }],
    },
  ],
  [
    "a watcher that saw something twice",
    STORED,
    {
      sightings: [
        {
          watcher: "w",
          events: [
            [1, first[3]],
            [1, first[3]],
          ],
        },
      ],
    },
  ],
  [
    "a watcher that missed something",
    STORED,
    {
      sightings: [
        {
          watcher: "w",
          events: [
            [1, first[3]],
            [3, third[3]],
          ],
        },
      ],
    },
  ],
  ["a watcher that saw what is not there", STORED, { sightings: [{ watcher: "w", events: [[1, "other"]] }] }],
])("the check of histories finds %s", (_what, stored, changes) => {
  expect(problemsOf(stored, { ...HISTORY, ...changes })).not.toEqual([]);
});
