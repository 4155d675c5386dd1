import { join } from "node:path";
import { isEventStoreError } from "rivulet";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSyncHandles, SYNC_VERBS, type SyncVerb } from "../support/sync/verb-table.ts";
import { entryPoints } from "../support/public-surface.ts";
import { ROOT } from "../support/run-node.ts";
import { TOOL_VERBS } from "../support/tool-verb-table.ts";
import { idle, openHandles, VERBS as CORE_VERBS, type Handles } from "../support/verb-table.ts";

type Verb = SyncVerb;

const VERBS: Readonly<Record<string, Verb>> = { ...CORE_VERBS, ...SYNC_VERBS, ...TOOL_VERBS };

let handles: Handles;
beforeAll(async () => {
  handles = { ...(await openHandles()), ...(await openSyncHandles()) };
});
afterAll(() => handles.store.close());

/** Values that are wrong for every argument, except the kinds listed below. */
const WRONG: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  "a number": 7,
  "a bigint": 7n,
  NaN: Number.NaN,
  true: true,
  "a text": "text",
  "a list": [],
  "a function": idle,
  "a symbol": Symbol("x"),
};

/** The valid values of each kind of argument. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  stream: ["a text"],
  table: ["a text"],
  columns: ["a text"],
  text: ["a text"],
  place: ["a number"],
  position: ["a number"],
  listener: ["a function"],
  "stream.loadSnapshot projection": ["a text"],
  "replica.discard id": ["a text"],
  "identifier name": ["a text"],
  "store.importEvents events": ["a list", "a text"],
  "tracedFetch fetch": ["a function"],
  "webSocketStore connect": ["a function"],
  "checkUpcasts examples": ["a list"],
  start: ["a number"],
  prefix: ["a text"],
};

function callWith(one: Verb, argument: string, value: unknown): unknown {
  const args = Object.entries(one.good).map(([name, good]) => (name === argument ? value : good));
  return one.call(handles, ...(args as never[]));
}

async function failureOf(
  call: () => unknown,
): Promise<readonly [how: "throws" | "rejects" | "goes well", error: unknown]> {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    return ["throws", error];
  }
  try {
    await result;
    return ["goes well", undefined];
  } catch (error) {
    return ["rejects", error];
  }
}

function problemOf(how: string, error: unknown, { throws }: Verb, argument: string): string | undefined {
  if (how !== (throws === true ? "throws" : "rejects")) return `${how}: ${String(error)}`;
  const codes = ["invalid-argument", "invalid-event"] as const;
  if (!codes.some((code) => isEventStoreError(error, code))) return String(error);
  const { details, message } = error as { details: { argument?: string; path?: string }; message: string };
  if ((details.argument ?? details.path) !== argument) return `names ${details.argument ?? details.path}: ${message}`;
  return message.includes(argument) || message.length > 20 ? undefined : `says "${message}"`;
}

const cases = Object.entries(VERBS).flatMap(([name, one]) =>
  Object.keys(one.good)
    .filter((argument) => !(one.any ?? []).includes(argument))
    .map((argument) => [name, argument] as const),
);

test.each(cases)("%s: any wrong value for its %s is refused by name", async (name, argument) => {
  const one = VERBS[name] as Verb;
  const takes = new Set(TAKES[`${name} ${argument}`] ?? TAKES[argument]);
  if ((one.optional ?? []).includes(argument)) takes.add("undefined");
  const problems: Record<string, string> = {};
  for (const [kind, wrong] of Object.entries(WRONG)) {
    if (takes.has(kind) && kind !== "NaN") continue;
    if (argument === "events" && name.endsWith("stream.append") && kind === "a list") continue;
    const [how, error] = await failureOf(() => callWith(one, argument, wrong));
    const problem = problemOf(how, error, one, one.named?.[argument] ?? argument);
    if (problem !== undefined) problems[kind] = problem;
  }
  expect(problems).toEqual({});
});

const withDefinitions = cases.filter(
  ([name, argument]) =>
    !name.startsWith("define") &&
    /^(projection|definition|decider|format)$/.test(argument) &&
    !(TAKES[`${name} ${argument}`] ?? []).includes("a text"),
);

test.each(withDefinitions)(
  "%s: an object that is not a %s, or a definition of another kind, is refused by name",
  async (name, argument) => {
    const one = VERBS[name] as Verb;
    const problems: Record<string, string> = {};
    const others = {
      "an empty object": {},
      "one without internals": { name: "p", schema: 1 },
      "another kind": { _rivulet: {} },
    };
    for (const [kind, wrong] of Object.entries(others)) {
      const [how, error] = await failureOf(() => callWith(one, argument, wrong));
      const problem = problemOf(how, error, one, one.named?.[argument] ?? argument);
      if (problem !== undefined) problems[kind] = problem;
    }
    expect(problems).toEqual({});
  },
);

const withMembers = Object.entries(VERBS).flatMap(([name, { members = {} }]) =>
  Object.keys(members).map((argument) => [name, argument] as const),
);

test.each(withMembers)(
  "%s: an unknown property of its %s is refused with a list of the known ones",
  async (name, argument) => {
    const one = VERBS[name] as Verb;
    const known = one.members?.[argument] as readonly string[];
    const misspelt = { ...(one.good[argument] as object), sgnal: 1 };

    const [how, error] = await failureOf(() => callWith(one, argument, misspelt));

    expect([how, error]).toMatchObject([
      one.throws === true ? "throws" : "rejects",
      { code: "invalid-argument", details: { argument: "sgnal" } },
    ]);
    const { message } = error as Error;
    const listed = message.slice(message.indexOf("only ") + 5).split(", ");
    expect(new Set(listed)).toEqual(new Set(known));
  },
);

const inDefinitions = withMembers.filter(([name]) => name.startsWith("define"));

test.each(inDefinitions)("%s: no wrong value in its %s gives an error of JavaScript itself", async (name, argument) => {
  const one = VERBS[name] as Verb;
  const problems: Record<string, string> = {};
  for (const key of (one.members as Record<string, readonly string[]>)[argument] as readonly string[]) {
    for (const kind of ["a bigint", "a symbol", "null"]) {
      const changed = { ...(one.good[argument] as object), [key]: WRONG[kind] };
      const [how, error] = await failureOf(() => callWith(one, argument, changed));
      if (how !== "goes well" && !isEventStoreError(error)) problems[`${key}: ${kind}`] = String(error);
    }
  }
  expect(problems).toEqual({});
});

const withCallbacks = withMembers.flatMap(([name, argument]) => {
  const known = (VERBS[name] as Verb).members?.[argument] as readonly string[];
  return known
    .filter((key) => /^(signal|on[CP].*|clock|newId)$/.test(key))
    .map((key) => [name, argument, key] as const);
});

test.each(withCallbacks)("%s: in its %s any wrong value for %s is refused by name", async (name, argument, key) => {
  const one = VERBS[name] as Verb;
  const problems: Record<string, string> = {};
  for (const [kind, wrong] of Object.entries(WRONG)) {
    if (wrong === undefined || (kind === "a function" && key !== "signal")) continue;
    const changed = { ...(one.good[argument] as object), [key]: wrong };
    const [how, error] = await failureOf(() => callWith(one, argument, changed));
    const problem = problemOf(how, error, one, key);
    if (problem !== undefined) problems[kind] = problem;
  }
  expect(problems).toEqual({});
});

const withOptions = Object.entries(VERBS).flatMap(([name, { takes = {} }]) =>
  Object.entries(takes).map(([key, kinds]) => [name, key, kinds] as const),
);

test.each(withOptions)("%s: any wrong value for its option %s is refused by name", async (name, key, kinds) => {
  const one = VERBS[name] as Verb;
  const { of = "options", path = "" } = one;
  const problems: Record<string, string> = {};
  for (const [kind, wrong] of Object.entries(WRONG)) {
    if (wrong === undefined || kinds.includes(kind)) continue;
    const [how, error] = await failureOf(() => callWith(one, of, { ...(one.good[of] as object), [key]: wrong }));
    const problem = problemOf(how, error, one, path + key);
    if (problem !== undefined) problems[kind] = problem;
  }
  expect(problems).toEqual({});
});

/** Every option and argument that is a position or version, with the object that it is in. */
const places: readonly (readonly [name: string, key: string, of: string | undefined])[] = [
  ...withMembers.flatMap(([name, argument]) =>
    ["after", "upTo"]
      .filter((key) => VERBS[name]?.members?.[argument]?.includes(key))
      .map((key) => [name, key, argument] as const),
  ),
  ...cases
    .filter(([, argument]) => /^(?:place|position)$/.test(argument))
    .map(([name, key]) => [name, key, undefined] as const),
];

test.each(places)("%s: a time for its %s is refused by name, in the place of a position", async (name, key, of) => {
  const one = VERBS[name] as Verb;
  const time = Date.parse("2026-01-01");
  const call = () => callWith(one, of ?? key, of === undefined ? time : { ...(one.good[of] as object), [key]: time });

  const [how, error] = await failureOf(call);

  expect([how, error]).toMatchObject([
    one.throws === true ? "throws" : "rejects",
    { code: "invalid-argument", details: { argument: key } },
  ]);
});

test("there are many such doors", () => expect(places.length).toBeGreaterThan(20));

/** Methods without arguments, or that accept any value. */
const WITHOUT_ARGUMENTS = [
  "store.head",
  "store.info",
  "store.close",
  "past.position",
  "past.stream.version",
  "stream.version",
  "model.parked",
  "model.retryParked",
  "model.close",
  "live.close",
  "last.clear",
  "consumer.lag",
  "consumer.parked",
  "consumer.retryParked",
  "consumer.close",
  "replica.pending",
  "replica.rejected",
  "replica.hurry",
  "replica.close",
  "replica.live.close",
  // Answers whatever it is given.
  "hub.fetch",
  "hub.close",
  "isEventStoreError",
  "EventStoreError",
  "memory",
  // Called for every event: the filter was checked before.
  "matches",
  "defineInspector",
  // Drizzle calls it, and it always rejects.
  "buildOnly",
  // They return test cases of an adapter that is given to them.
  "conformanceCases",
  // A tag of template literals, whose values are checked in other tests.
  "sql",
];

/** Called by components, in the ways of their frameworks: the tests of these have their wrong arguments. */
const OF_COMPONENTS = /^rivulet\/(?:react|solid|svelte|vue)$/;

/** For authors of adapters, and worker scripts, which are run and not called. */
const OTHERS = /^rivulet\/adapter$|\/worker$/;

test("the table has every method of every handle, and every function that an entry point exports", async () => {
  const verbs = Object.entries(handles).flatMap(([owner, handle]) =>
    Object.entries(handle)
      .filter(([, member]) => typeof member === "function")
      .map(([name]) => `${owner}.${name}`),
  );
  const exported: string[] = [];
  for (const [name, source] of entryPoints()) {
    if (OF_COMPONENTS.test(name) || OTHERS.test(name)) continue;
    const door = (await import(join(ROOT, "dist", source.replace(/\.ts$/, ".js")))) as object;
    const functions = Object.entries(door).filter(([, member]) => typeof member === "function");
    expect(functions, name).not.toEqual([]);
    exported.push(...functions.map(([key]) => key));
  }
  const known = new Set([...Object.keys(VERBS), ...WITHOUT_ARGUMENTS]);
  expect([...verbs, ...exported].filter((name) => !known.has(name))).toEqual([]);
  expect(Object.keys(TOOL_VERBS).filter((name) => !exported.includes(name))).toEqual([]);
});

test("none of these calls has written anything", async () => {
  const { store } = handles;
  const streams = await store.streams().toArray();
  expect(streams).toEqual([{ name: "a", version: 2 }]);
});
