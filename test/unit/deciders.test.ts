import * as fc from "fast-check";
import { memory, openEventStore, type Event, type EventStore } from "rivulet";
import { defineDecider } from "rivulet/deciders";
import { expect, test } from "vitest";
import { sharedMemory } from "../support/counting-adapter.ts";

type CounterEvent = Event<"added", { by: number; to: number }>;

interface Add {
  readonly by: number;
  /** The text stored with the sum; default: the sum itself. */
  readonly to?: number;
  readonly count?: number;
}

const counter = defineDecider<number, Add, CounterEvent>({
  initial: () => 0,
  evolve: { added: (sum, { data }) => sum + data.by },
  decide: ({ by, to, count = 1 }, sum) =>
    Array.from({ length: count }, () => ({ type: "added", data: { by, to: to ?? sum + by } })),
});

test("without contention a command is one read and one append", async () => {
  const { store, calls } = await (await sharedMemory()).open();

  await store.stream("a").execute(counter, { by: 1 });

  expect(calls).toEqual(["page", "append"]);
});

/**
 * Executes a command whose append arrives only after these commands of another store. Returns the calls that it made to
 * the storage.
 */
async function executeLate(between: readonly Add[]) {
  const shared = await sharedMemory();
  const [one, two] = [await shared.open(), await shared.open()];
  const arrived = one.gate.hold();
  const executing = one.store.stream("a").execute(counter, { by: 1 });
  await arrived;
  for (const command of between) await two.store.stream("a").execute(counter, command);
  one.gate.release();
  return { calls: one.calls, result: await executing };
}

test("a conflict with all missing events costs no second read", async () => {
  const { calls, result } = await executeLate([{ by: 10 }, { by: 20 }, { by: 30 }]);

  const { state, events } = result;
  expect(calls).toEqual(["page", "append", "append"]);
  expect([state, events[0]?.data]).toEqual([61, { by: 1, to: 61 }]);
});

test("only events missing from the conflict are read", async () => {
  const { calls, result } = await executeLate([{ by: 1, count: 101 }]);

  expect(result.state).toBe(102);
  expect(calls).toEqual(["page", "append", "page", "append"]);
});

test("an idempotency key is looked up once, after the state was read", async () => {
  const { store, calls } = await (await sharedMemory()).open();

  // A stream that does not exist yet cannot have the key.
  await store.stream("a").execute(counter, { by: 1 }, { idempotencyKey: "j" });
  await store.stream("a").execute(counter, { by: 1 }, { idempotencyKey: "k" });

  expect(calls).toEqual(["page", "append", "page", "look up", "append"]);
});

/** One store has decided and waits to append while another executes a command with the same key. */
async function race(mine: Add, others: Add, before: readonly Add[]) {
  const shared = await sharedMemory();
  const one = await shared.open();
  const two = await shared.open();
  const key = { idempotencyKey: "k" };
  const arrived = one.gate.hold();
  const executing = one.store.stream("a").execute(counter, mine, key);
  await arrived;
  for (const command of before) await two.store.stream("a").execute(counter, command);
  const first = await two.store.stream("a").execute(counter, others, key);
  await two.store.stream("a").execute(counter, { by: 1_000 });
  one.gate.release();
  const stored = await two.store.stream("a").read().toArray();
  return { first, second: await executing, stored, now: await two.store.stream("a").read().toArray() };
}

test.each([
  ["the same", { by: 1 }, { by: 1 }, []],
  ["the same, on another state", { by: 1 }, { by: 1 }, [{ by: 7 }]],
  ["other data", { by: 1 }, { by: 2 }, []],
  ["more events", { by: 1, to: 0 }, { by: 1, to: 0, count: 3 }, []],
  ["fewer events", { by: 1, to: 0, count: 3 }, { by: 1, to: 0 }, []],
  ["more than a conflict can carry later", { by: 1, to: 0, count: 3 }, { by: 1, to: 0 }, [{ by: 0, count: 150 }]],
] as const)(
  "of two executions of one key the slower has the result of the faster: %s",
  async (_, mine, others, before) => {
    const { first, second, stored, now } = await race(mine, others, before);

    expect(second.events).toEqual(first.events);
    expect([second.version, second.position, second.state]).toEqual([first.version, first.position, first.state]);
    expect(second.repeated).toBe(true);
    expect(now).toEqual(stored);
  },
);

test("whatever else is appended, every command takes effect once, on the state before it", async () => {
  const step = fc.record({
    store: fc.nat(1),
    what: fc.constantFrom("execute", "execute", "append", "keyed"),
    by: fc.integer({ min: 1, max: 9 }),
    together: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const shared = await sharedMemory();
      const stores = [(await shared.open()).store, (await shared.open()).store];
      const commands: Promise<unknown>[] = [];
      let expected = 0;
      const keys = new Set<number>();
      for (const { store, what, by, together } of steps) {
        const stream = (stores[store] as EventStore).stream<CounterEvent>("a");
        if (what === "append") commands.push(stream.append({ type: "added", data: { by, to: -1 } }));
        else if (what === "execute") commands.push(stream.execute(counter, { by }));
        else commands.push(stream.execute(counter, { by }, { idempotencyKey: `${by}` }));
        if (what !== "keyed" || !keys.has(by)) expected += by;
        if (what === "keyed") keys.add(by);
        if (!together) await Promise.all(commands.splice(0));
      }
      await Promise.all(commands);
      let sum = 0;
      for (const { data } of await (stores[0] as EventStore).stream<CounterEvent>("a").read().toArray()) {
        sum += data.by;
        if (data.to !== -1) expect(data.to).toBe(sum);
      }
      expect(sum).toBe(expected);
    }),
    { numRuns: 200 },
  );
});

test("one function may evolve all the events of a stream", async () => {
  await using store = await openEventStore(memory());
  const seen: string[] = [];
  const decider = defineDecider<number, string>({
    initial: () => 0,
    evolve: (count, { type }) => (seen.push(type), count + 1),
    decide: (type) => ({ type, data: null }),
  });
  const stream = store.stream("a");
  await stream.append([{ type: "a" }, { type: "b" }]);

  expect((await stream.execute(decider, "c")).state).toBe(3);
  expect(seen).toEqual(["a", "b", "c"]);
});

test("a decider without a name has no snapshots, which another one would find", async () => {
  await using store = await openEventStore(memory());
  const stream = store.stream("a");
  await stream.append({ type: "x" });
  const nameless = defineDecider({ initial: () => 0, evolve: {}, decide: () => [] });
  const refused = { code: "invalid-argument", details: { argument: "projection" } };

  await expect(stream.saveSnapshot({ projection: nameless, version: 1, state: 1 })).rejects.toMatchObject(refused);
  await expect(stream.loadSnapshot(nameless)).rejects.toMatchObject(refused);
  expect((await stream.execute(nameless, undefined)).state).toBe(0);
});
