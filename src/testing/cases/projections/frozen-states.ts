import { defineDecider } from "../../../deciders/index.ts";
import type { EventStore, EventStream } from "../../../index.ts";
import { defineProjection } from "../../../projections/index.ts";
import { equal, fails, ok } from "../../assert.ts";
import { numbered, type Case } from "../../context.ts";

interface Tally {
  readonly counts: number[];
  total: number;
}

type Step = (state: Tally) => Tally;

/** Ways to change a state in place. */
const CHANGES: Readonly<Record<string, Step>> = {
  "a member": (state) => {
    state.total += 1;
    return state;
  },
  "a list within a copy": (state) => {
    state.counts.push(1);
    return { ...state };
  },
};

/** Everything that folds, by what gives a state. */
const FOLDS: Readonly<
  Record<string, (store: EventStore, stream: EventStream, initial: () => Tally, step: Step) => Promise<unknown>>
> = {
  "stream.load": async (_store, stream, initial, counted) =>
    (await stream.load(defineProjection({ name: "p", initial, on: { counted } }))).state,
  "store.load": async (store, _stream, initial, counted) =>
    (await store.load(defineProjection({ name: "p", initial, on: { counted } }))).state,
  "store.at": async (store, _stream, initial, counted) =>
    (await store.at(9).load(defineProjection({ name: "p", initial, on: { counted } }))).state,
  "store.project": async (store, _stream, initial, counted) =>
    (await store.project(defineProjection({ name: "p", initial, on: { counted } })).caughtUp()).state,
  "evolve of each type": async (_store, stream, initial, counted) => {
    const decider = defineDecider({ initial, evolve: { counted }, decide: () => undefined });
    return (await stream.execute(decider, {})).state;
  },
  "evolve of all types": async (_store, stream, initial, evolve) => {
    const decider = defineDecider({ initial, evolve, decide: () => undefined });
    return (await stream.execute(decider, {})).state;
  },
  "what a command has written": async (store, _stream, initial, counted) => {
    const decider = defineDecider({ initial, evolve: { counted }, decide: () => ({ type: "counted" }) });
    return (await store.stream("new").execute(decider, {})).state;
  },
};

const copied: Step = ({ counts, total }) => ({ counts: [...counts, 1], total: total + 1 });

/** Frozen, and everything in it. */
function isFrozen(state: unknown): boolean {
  return Object.isFrozen(state) && Object.isFrozen((state as Tally).counts);
}

const changed = Object.entries(FOLDS).flatMap(([fold, stateOf]) =>
  Object.entries(CHANGES).map(([change, step]): Case => ({
    name: `${fold}: a handler that changes the initial state in place, ${change}, fails, and the initial state stays as it was`,
    async run({ open }) {
      const store = await open();
      const stream = store.stream("a");
      await stream.append(numbered(3));
      const shared = { counts: [], total: 0 };
      for (let time = 0; time < 2; time++) {
        await fails(async () => stateOf(store, stream, () => shared, step), "projection-failed", change);
      }
      equal(shared, { counts: [], total: 0 }, "the initial state");
    },
  })),
);

const given = Object.entries(FOLDS).map(([fold, stateOf]): Case => ({
  name: `${fold}: the returned state is frozen, with everything in it`,
  async run({ open }) {
    const store = await open();
    const stream = store.stream("a");
    await stream.append(numbered(3));
    ok(isFrozen(await stateOf(store, stream, () => ({ counts: [], total: 0 }), copied)), "frozen");
  },
}));

export const frozenStateCases: readonly Case[] = [
  ...changed,
  ...given,
  {
    name: "the state from a snapshot and the state of a command are frozen",
    async run({ open }) {
      const store = await open();
      const stream = store.stream("a");
      const frozen: boolean[] = [];
      const initial = (): Tally => ({ counts: [], total: 0 });
      const evolve = (state: Tally): Tally => {
        frozen.push(isFrozen(state));
        return copied(state);
      };
      const decider = defineDecider({
        name: "d",
        initial,
        evolve,
        decide(count: number, state) {
          frozen.push(isFrozen(state));
          return numbered(count);
        },
        snapshots: { every: 1 },
      });
      await stream.append(numbered(1));
      await stream.execute(decider, 1);
      await stream.execute(decider, 1);
      equal(frozen.includes(false), false, "all of them frozen");
    },
  },
  {
    name: "a handler that changes its own state in place fails at the second event, except for typed arrays",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(3));
      const initial = (): Tally & { bytes: Uint8Array } => ({ counts: [], total: 0, bytes: new Uint8Array(2) });
      const counted = (state: ReturnType<typeof initial>): ReturnType<typeof initial> => {
        if (state.total === 0) return { ...state, total: 1 };
        state.total += 1;
        return state;
      };
      const projection = defineProjection({ name: "p", initial, on: { counted } });
      const { details } = await fails(store.load(projection), "projection-failed", "in place");
      equal(details.position, 3, "the position");
      equal((await store.load(projection, { upTo: 1 })).state.bytes.length, 2, "bytes");
    },
  },
];
