import { defineDecider } from "../../../deciders/index.ts";
import type { Event, EventStore, EventStream, NewEvent } from "../../../index.ts";
import { handSignal } from "../../abort.ts";
import { equal, failureOf, fails, ok } from "../../assert.ts";
import { range, type Case } from "../../context.ts";

type AccountEvent = Event<"deposited", { amount: number }> | Event<"withdrawn", { amount: number }>;

interface Withdraw {
  readonly amount: number;
  /** Called at each decision, with its number from 1 on. */
  readonly onDecide?: (times: number) => void;
}

const REFUSAL = new Error("not enough in it");

/** Takes out what there is, refuses more, and does nothing for nothing. */
function account(snapshots?: { every: number }) {
  let times = 0;
  return defineDecider<number, Withdraw, AccountEvent>({
    name: "account",
    initial: () => 0,
    evolve: {
      deposited: (balance, { data }) => balance + data.amount,
      withdrawn: (balance, { data }) => balance - data.amount,
    },
    decide({ amount, onDecide }, balance) {
      onDecide?.((times += 1));
      if (amount === 0) return undefined;
      if (amount > balance) throw REFUSAL;
      return { type: "withdrawn", data: { amount } };
    },
    snapshots,
  });
}

async function accountWith(store: EventStore, amount: number): Promise<EventStream<AccountEvent>> {
  const stream = store.stream<AccountEvent>("account-1");
  await stream.append({ type: "deposited", data: { amount } });
  return stream;
}

/** Others' deposits, made while the first decision is made: committed before what it decides. */
function interrupted(stream: EventStream<AccountEvent>, count: number): (times: number) => void {
  const deposits = range(1, count).map((): NewEvent<AccountEvent> => ({ type: "deposited", data: { amount: 1 } }));
  return (times) => {
    if (times === 1) void stream.append(deposits);
  };
}

export const commandCases: readonly Case[] = [
  {
    name: "a command is decided on the state, and the events of the decision are appended",
    async run({ open }) {
      const store = await open();
      const stream = await accountWith(store, 10);
      const executed = await stream.execute(account(), { amount: 3 });
      equal([executed.version, executed.position, executed.state, executed.repeated], [2, 2, 7, false], "result");
      equal(executed.events, await stream.read({ after: 1 }).toArray(), "events");
      equal(executed.events[0]?.data, { amount: 3 }, "data");
    },
  },
  {
    name: "a command whose decision is empty writes nothing",
    async run({ open }) {
      const store = await open();
      const stream = await accountWith(store, 10);
      const { events, state, version, position, repeated } = await stream.execute(account(), { amount: 0 });
      equal([events, state, version, position, repeated], [[], 10, 1, undefined, false], "result");
      const none = defineDecider<number, null, AccountEvent>({ initial: () => 0, evolve: () => 1, decide: () => [] });
      equal((await store.stream<AccountEvent>("none").execute(none, null)).version, 0, "version of no stream");
      equal(await store.head(), 1, "head");
    },
  },
  {
    name: "a command rejects with the error that decide throws, and the next command is executed",
    async run({ open }) {
      const stream = await accountWith(await open(), 10);
      const refused = stream.execute(account(), { amount: 11 });
      const next = stream.execute(account(), { amount: 10 });
      ok((await failureOf(refused, "it was not refused")) === REFUSAL, "the very error");
      equal((await next).state, 0, "state");
    },
  },
  {
    name: "concurrent commands of one stream are each decided on the state after the one before",
    async run({ open }) {
      const stream = await accountWith(await open(), 10);
      const decisions: number[] = [];
      const decider = account();
      const onDecide = (times: number): unknown => decisions.push(times);
      const all = await Promise.allSettled(range(1, 8).map(() => stream.execute(decider, { amount: 2, onDecide })));
      equal(
        all.map((one) => (one.status === "fulfilled" ? one.value.state : "refused")),
        [8, 6, 4, 2, 0, "refused", "refused", "refused"],
        "states",
      );
      equal(decisions, range(1, 8), "each decided once");
    },
  },
  {
    name: "a command that another append came before is decided again, on the new state",
    async run({ open }) {
      const stream = await accountWith(await open(), 2);
      const decisions: number[] = [];
      const interrupt = interrupted(stream, 3);
      const onDecide = (times: number): void => (decisions.push(times), interrupt(times));
      const { state, version } = await stream.execute(account(), { amount: 2, onDecide });
      equal([state, version, decisions], [3, 5, [1, 2]], "state, version, decisions");
    },
  },
  {
    name: "a command is decided again on all unseen events, also if a conflict cannot carry them",
    async run({ open }) {
      const stream = await accountWith(await open(), 2);
      const { state, version } = await stream.execute(account(), { amount: 2, onDecide: interrupted(stream, 250) });
      equal([state, version], [250, 252], "state, version");
    },
  },
  {
    name: "when its retries are used up, a command rejects with the conflict",
    async run({ open }) {
      const stream = await accountWith(await open(), 2);
      const onDecide = (): void => void stream.append({ type: "deposited", data: { amount: 1 } });
      const error = await fails(
        stream.execute(account(), { amount: 2, onDecide }, { retries: 2 }),
        "version-conflict",
        "retries",
      );
      equal([error.details.expected, error.details.actual], [3, 4], "expected, actual");
      const never = stream.execute(account(), { amount: 2, onDecide: interrupted(stream, 1) }, { retries: 0 });
      await fails(never, "version-conflict", "no retries");
    },
  },
  {
    name: "a decider saves snapshots under its name, and ignores those of another schema",
    async run({ open }) {
      const stream = await accountWith(await open(), 10);
      await stream.execute(account({ every: 1 }), { amount: 1 });
      await stream.execute(account({ every: 1 }), { amount: 1 });
      equal((await stream.loadSnapshot("decider/account"))?.state, 9, "snapshot");
      equal(await stream.loadSnapshot("account"), undefined, "of a projection of the same name");
      equal((await stream.loadSnapshot(account()))?.state, 9, "of the definition");
      equal((await stream.loadSnapshot(account(), { upTo: 1 }))?.state, 10, "of the definition, up to a version");
      await stream.saveSnapshot({ projection: account(), version: 3, state: 100 });
      await stream.saveSnapshot({ projection: "decider/account", schema: 2, version: 3, state: 5_000 });
      equal((await stream.execute(account({ every: 10 }), { amount: 50 })).state, 50, "through the snapshot");
      equal((await stream.execute(account(), { amount: 0 })).state, -42, "without snapshots");
    },
  },
  {
    name: "a decision that is not an event is refused with its path, and nothing is written",
    async run({ open }) {
      const store = await open();
      const stream = store.stream("a");
      for (const [made, path] of [
        [null, "events[0]"],
        [7, "events[0]"],
        [[{ type: "fine" }, "no"], "events[1]"],
        [{ data: 1 }, "events[0]"],
        [Promise.resolve([]), "events"],
        [{ type: "dated", data: { at: new Date(0) } }, "events[0].data.at"],
      ] as const) {
        const bad = defineDecider<number, null>({ initial: () => 0, evolve: {}, decide: () => made as never });
        const error = await fails(stream.execute(bad, null), "invalid-event", path);
        equal(error.details.path, path, "path");
      }
      const wrong = defineDecider<number, null>({
        initial: () => 0,
        evolve: () => {
          throw new Error("wrong");
        },
        decide: () => ({ type: "a" }),
      });
      await stream.append({ type: "a" });
      const error = await fails(stream.execute(wrong, null), "projection-failed", "evolve");
      equal([error.details.name, error.details.position], ["decider", 1], "name, position");
      equal(await store.head(), 1, "head");
    },
  },
  {
    name: "the options of a command and of a decider are checked",
    async run({ open }) {
      const stream = await accountWith(await open(), 10);
      for (const [options, argument] of [
        [{ retries: -1 }, "retries"],
        [{ retries: 1.5 }, "retries"],
        [{ idempotencyKey: "" }, "idempotencyKey"],
        [{ idempotencyKey: 7 }, "idempotencyKey"],
        [{ metadata: [] }, "metadata"],
        [{ metadata: { at: new Date(0) } }, "metadata.at"],
        [{ causedBy: {} }, "causedBy"],
        [{ causedBy: null }, "causedBy"],
        [{ expectedVersion: 3 }, "expectedVersion"],
      ] as const) {
        const error = await fails(
          stream.execute(account(), { amount: 1 }, options as never),
          "invalid-argument",
          argument,
        );
        equal(error.details.argument, argument, "argument");
      }
      const right = { initial: () => 0, evolve: {}, decide: () => undefined };
      for (const [wrong, argument] of [
        [{ decide: undefined }, "decide"],
        [{ initial: 0 }, "initial"],
        [{ evolve: { a: 1 } }, "evolve.a"],
        [{ name: "@a" }, "name"],
        [{ snapshots: { every: 1 } }, "name"],
        [{ name: "a", snapshots: {} }, "snapshots"],
        [{ schema: 0 }, "schema"],
      ] as const) {
        const error = await fails(() => defineDecider({ ...right, ...wrong } as never), "invalid-argument", argument);
        equal(error.details.argument, argument, "argument");
      }
      equal(await stream.version(), 1, "version");
    },
  },
  {
    name: "an aborted command rejects with the reason, also while it is queued, and the next one is executed",
    async run({ open }) {
      const store = await open();
      const stream = await accountWith(store, 10);
      const waiting = handSignal();
      const first = stream.execute(account(), { amount: 1 });
      const second = stream.execute(account(), { amount: 1 }, { signal: waiting });
      let decisions = 0;
      const third = stream.execute(account(), { amount: 1, onDecide: () => (decisions += 1) });
      waiting.abort("enough");
      equal(await failureOf(second, "it was not aborted"), "enough", "reason");
      equal([(await first).state, (await third).state, decisions], [9, 8, 1], "the others");
      const late = stream.execute(account(), { amount: 1 }, { signal: waiting });
      equal(await failureOf(late, "it was not aborted"), "enough", "aborted before");
      await store.close();
      await fails(stream.execute(account(), { amount: 1 }), "store-closed", "closed");
    },
  },
  {
    name: "an event with a cause carries the cause's id and correlation, and its own metadata takes precedence",
    async run({ open }) {
      const store = await open();
      const stream = store.stream("a");
      const { events } = await stream.append({ type: "first", id: "1" });
      const [first] = events as [(typeof events)[number]];
      const second = (await stream.append({ type: "second", id: "2" }, { causedBy: first })).events[0];
      ok(second !== undefined, "stored");
      equal(second.metadata, { causationId: "1", correlationId: "1" }, "caused by the first");
      const entries = [
        { stream: "b", events: { type: "third", id: "3", metadata: { user: "ada", causationId: "x" } } },
      ];
      const [third] = await store.append(entries, { causedBy: second });
      equal(third?.events[0]?.metadata, { causationId: "x", correlationId: "1", user: "ada" }, "its own first");
      equal(
        await store.read({ metadata: { correlationId: "1" } }).toArray(),
        [second, third?.events[0]],
        "found again",
      );
    },
  },
  {
    name: "a command adds its metadata and cause to every event; a stored event that is the command is the cause",
    async run({ open }) {
      const store = await open();
      const follow = defineDecider<number, unknown>({
        initial: () => 0,
        evolve: {},
        decide: () => [{ type: "one" }, { type: "two", metadata: { user: "bob" } }],
      });
      const [cause] = (await store.stream("a").append({ type: "cause", id: "1" })).events;
      const stream = store.stream("b");
      const thread = { causationId: "1", correlationId: "1" };
      const by = await stream.execute(follow, "go", { causedBy: cause, metadata: { user: "ada" } });
      equal(
        by.events.map(({ metadata }) => metadata),
        [
          { ...thread, user: "ada" },
          { ...thread, user: "bob" },
        ],
        "metadata",
      );
      const reaction = await stream.execute(follow, cause);
      equal(reaction.events[0]?.metadata, thread, "an event as the command");
      const plain = await stream.execute(follow, { id: "7", metadata: {} });
      equal(plain.events[0]?.metadata, {}, "a command that is no event");
    },
  },
];
