import type { Event } from "rivulet";
import { defineDecider } from "rivulet/deciders";
import { defineEvents } from "rivulet/events";
import { checkDecider, checkUpcasts } from "rivulet/testing";
import { expect, test } from "vitest";
import * as z from "zod";

type AccountEvent = Event<"deposited", { amount: number }> | Event<"withdrawn", { amount: number }>;

class Overdrawn extends Error {}

const account = defineDecider<number, { withdraw: number }, AccountEvent>({
  initial: () => 0,
  evolve: {
    deposited: (balance, { data }) => balance + data.amount,
    withdrawn: (balance, { data }) => balance - data.amount,
  },
  decide({ withdraw }, balance) {
    if (withdraw > balance) throw new Overdrawn(`${balance} is not enough`);
    return withdraw === 0
      ? []
      : { type: "withdrawn", data: { amount: withdraw }, metadata: { left: balance - withdraw } };
  },
});

const given = [{ type: "deposited", data: { amount: 5 } }] as const;

test("a decider is compared with the events, the empty result or the error that a command must give", async () => {
  await checkDecider(account, { given, when: { withdraw: 3 }, expected: [{ type: "withdrawn", data: { amount: 3 } }] });
  await checkDecider(account, {
    given,
    when: { withdraw: 3 },
    expected: [{ type: "withdrawn", data: { amount: 3 }, metadata: { left: 2 } }],
  });
  await checkDecider(account, { when: { withdraw: 0 }, expected: [] });
  for (const fails of ["5 is not enough", /^\d is not/g, (error: unknown) => error instanceof Overdrawn]) {
    await checkDecider(account, { given, when: { withdraw: 6 }, fails });
  }
});

test("a decider with another result is reported with the difference", async () => {
  const three = { given, when: { withdraw: 3 } };
  for (const [example, difference] of [
    [
      { ...three, expected: [{ type: "withdrawn", data: { amount: 2 } }] },
      "what was decided[0].data.amount: expected 2, got 3",
    ],
    [
      { ...three, expected: [{ type: "deposited", data: { amount: 3 } }] },
      'type: expected "deposited", got "withdrawn"',
    ],
    [{ ...three, expected: [] }, "expected 0 items, got 1"],
    [
      { ...three, expected: [{ type: "withdrawn", data: { amount: 3 }, metadata: {} }] },
      "metadata.left: expected undefined, got 2",
    ],
    [{ ...three, fails: "not enough" }, 'expected a refusal, got [{"type":"withdrawn","data":{"amount":3}}]'],
    [{ when: { withdraw: 1 }, fails: "too much" }, 'expected another refusal than "0 is not enough"'],
    [{ when: { withdraw: 1 }, expected: [] }, "0 is not enough"],
  ] as const) {
    await expect(checkDecider(account, example)).rejects.toThrow(difference);
  }
});

test("a decider that depends on more than the command and the state is reported", async () => {
  let calls = 0;
  const impure = defineDecider<null, null>({
    initial: () => null,
    evolve: {},
    decide: () => ({ type: "counted", data: (calls += 1) }),
  });

  await expect(checkDecider(impure, { when: null, expected: [{ type: "counted", data: 1 }] })).rejects.toThrow(
    "when asked again[0].data: expected 1, got 2",
  );
});

const events = defineEvents({
  incremented: {
    version: 3,
    schema: z.object({ by: z.number(), unit: z.enum(["piece", "box"]) }),
    upcast: {
      1: (by: number) => ({ by }),
      2: ({ by }: { by: number }) => ({ by, unit: by > 100 ? "pallet" : "piece" }),
    },
  },
  noted: {},
});

const first = { type: "incremented", schemaVersion: 1, data: 2, expected: { by: 2, unit: "piece" } };
const second = { ...first, schemaVersion: 2, data: { by: 2 } };

test("stored examples are compared with the output of the upcasters", async () => {
  await checkUpcasts(events, [first, second, { ...second, schemaVersion: 3, data: second.expected }]);
  await checkUpcasts(defineEvents({ noted: {} }), []);
  for (const [examples, problem] of [
    [[first], 'there is no example of "incremented" as version 2 stored it'],
    [[second], 'there is no example of "incremented" as version 1 stored it'],
    [[{ ...first, expected: { by: 2 } }, second], 'the data of "incremented" of version 1.unit: expected undefined'],
    [[{ ...second, schemaVersion: 4 }], "it was written by newer code"],
    [[{ ...first, type: "decremented" }], "its type is not defined"],
    [[{ ...first, data: null, expected: { by: null, unit: "piece" } }], "does not match the schema: events[0].data.by"],
    [
      [{ ...first, data: 101, expected: { by: 101, unit: "pallet" } }],
      "does not match the schema: events[0].data.unit",
    ],
  ] as const) {
    await expect(checkUpcasts(events, examples)).rejects.toThrow(problem);
  }
});
