import { openEventStore, type StoredEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineProjection } from "rivulet/projections";
import { fixedClock } from "rivulet/testing";
import { fork } from "rivulet/time-travel";
import { expect, test } from "vitest";
import { loadMessages, recordMessages, type Message, type QuakeEvent } from "../support/quakes.ts";
import { temporaryPath } from "../support/temporary.ts";

const DAY = 86_400_000;

/** The last reported magnitudes, by network and earthquake. */
type Magnitudes = Readonly<Record<string, Readonly<Record<string, number>>>>;

const told = (state: Magnitudes, { data: { network, quake, magnitude } }: StoredEvent<QuakeEvent>): Magnitudes => ({
  ...state,
  [network]: { ...state[network], [quake]: magnitude },
});

const magnitudes = defineProjection<Magnitudes, QuakeEvent>({
  name: "magnitudes",
  initial: () => ({}),
  on: { reported: told, revised: told },
  snapshots: { every: 500, keep: 5 },
});

test("time travel finds the strongest earthquake known on any day", async () => {
  const messages = loadMessages();
  const clock = fixedClock();
  await using store = await openEventStore(betterSqlite3({ path: temporaryPath(), durability: "normal" }), { clock });
  const live = store.project(magnitudes);
  const half = Math.floor(messages.length / 2);
  await recordMessages(store, clock, messages.slice(0, half));
  await store.load(magnitudes);
  await recordMessages(store, clock, messages.slice(half));

  const days = new Set(messages.map(({ at }) => Math.ceil(at / DAY) * DAY));
  expect(days.size).toBeGreaterThan(6);
  for (const day of days) {
    const known = messages.filter(({ at }) => at <= day);
    const past = store.at(new Date(day));
    expect(await past.position()).toBe(known.length);
    expect(strongest((await past.load(magnitudes)).state)).toEqual(strongestOf(known));
    expect(await past.stream("network-ak").version()).toBe(known.filter(({ data }) => data.network === "ak").length);
  }
  expect(strongest((await live.caughtUp(messages.length)).state)).toEqual(strongestOf(messages));

  // What if the last revised earthquake had been the strongest of all?
  await using whatIf = await fork(store, { clock });
  const { quake, network } = (messages.at(-1) as Message).data;
  await whatIf
    .stream<QuakeEvent>(`network-${network}`)
    .append({ type: "revised", data: { quake, network, magnitude: 9.9 } });
  expect(strongest((await whatIf.load(magnitudes)).state)).toEqual({ quake, magnitude: 9.9 });
  expect(await store.head()).toBe(messages.length);
});

function strongest(state: Magnitudes): { quake: string; magnitude: number } | undefined {
  const quakes = Object.values(state).flatMap((network) => Object.entries(network));
  return quakes
    .map(([quake, magnitude]) => ({ quake, magnitude }))
    .sort((a, b) => b.magnitude - a.magnitude || (a.quake < b.quake ? -1 : 1))[0];
}

function strongestOf(messages: readonly Message[]): { quake: string; magnitude: number } | undefined {
  const latest = new Map(messages.map(({ data: { quake, magnitude } }) => [quake, magnitude]));
  return [...latest]
    .map(([quake, magnitude]) => ({ quake, magnitude }))
    .sort((a, b) => b.magnitude - a.magnitude || (a.quake < b.quake ? -1 : 1))[0];
}
