import { openEventStore, type EventStore, type ReadModel } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { afterEach, beforeEach, expect, test } from "vitest";

const rows = table("rows", "n INTEGER");
const definition = defineReadModel({
  name: "m",
  tables: [rows],
  onError: "park",
  on: {
    counted({ data }) {
      if (data === "refused") throw new Error("refused");
      return sql`INSERT INTO ${rows} VALUES (1)`;
    },
  },
});

let store: EventStore;
/** The uncaught errors. */
const apart: unknown[] = [];
const note = (error: unknown): void => void apart.push(error);
let before: NodeJS.UncaughtExceptionListener[] = [];

beforeEach(async () => {
  store = await openEventStore(betterSqlite3());
  await store.stream("a").append([
    { type: "counted", data: "taken" },
    { type: "counted", data: "refused" },
  ]);
  before = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", note);
});

afterEach(async () => {
  await store.close();
  await new Promise(setImmediate);
  process.off("uncaughtException", note);
  for (const listener of before) process.on("uncaughtException", listener);
  apart.length = 0;
});

const raise = (): never => {
  throw new RangeError("a listener's own");
};

/** The calls with a callback, and the call of another caller that shares their work. */
const WORK: Readonly<Record<string, (model: ReadModel) => Promise<unknown>>> = {
  "a rebuild": (model) => model.rebuild(),
  "a retry of parked events": (model) => model.retryParked(),
  "waiting for the tables": (model) => model.caughtUp(),
  "a query": (model) => model.query(sql`SELECT n FROM ${rows}`),
  "a live query": async (model) => {
    const live = model.live(sql`SELECT n FROM ${rows}`);
    await live.caughtUp();
    await store.stream("a").append({ type: "counted", data: "taken" });
    const { state } = await live.caughtUp();
    live.close();
    expect(state).toHaveLength(2);
  },
};

test.each(Object.entries(WORK))(
  "%s succeeds if the onProgress of the model throws: that error is uncaught",
  async (_what, work) => {
    const model = await store.readModel(definition, { onProgress: raise });

    await work(model);
    await model.caughtUp();
    await new Promise(setImmediate);

    expect(model.error).toBeUndefined();
    expect(apart.length).toBeGreaterThan(0);
    expect(apart.every((error) => error instanceof RangeError)).toBe(true);
  },
);

test.each([
  ["first", true],
  ["second", false],
])("an onProgress that throws rejects its own call of rebuild, not those that joined: the %s", async (_who, first) => {
  const model = await store.readModel(definition);
  await model.caughtUp();
  const phases: string[] = [];
  const throwing = { onProgress: raise };
  const listening = { onProgress: ({ phase }: { phase: string }): void => void phases.push(phase) };

  const [one, two] = await Promise.allSettled(
    (first ? [throwing, listening] : [listening, throwing]).map((options) => model.rebuild(options)),
  );

  const [failed, rebuilt] = first ? [one, two] : [two, one];
  expect(failed).toMatchObject({ status: "rejected", reason: { name: "RangeError" } });
  expect(rebuilt).toMatchObject({ status: "fulfilled" });
  expect(phases.at(-1)).toBe("caught-up");
});

test("if the callbacks of all calls of a rebuild throw, each call gets its own error, and the next rebuild succeeds", async () => {
  const model = await store.readModel(definition);
  const errors = [new Error("one"), undefined, new Error("three")];

  const outcomes = await Promise.allSettled(
    errors.map((error) =>
      model.rebuild({
        onProgress() {
          // eslint-disable-next-line typescript/only-throw-error -- Anything may be thrown.
          throw error;
        },
      }),
    ),
  );

  expect(
    outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason === errors[outcomes.indexOf(outcome)]),
  ).toEqual([true, true, true]);
  await model.rebuild();
});
