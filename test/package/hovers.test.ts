/** What an editor shows: short types on hover, and errors that name the mistake in their first line. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { hoversOf } from "../support/hovers.ts";
import { ROOT, runNode } from "../support/run-node.ts";

const FOLDER = join(ROOT, ".build/hovers");

const PRELUDE = `
import { memory, openEventStore, type Event } from "rivulet";
import { defineConsumer } from "rivulet/consumers";
import { defineDecider } from "rivulet/deciders";
import { defineEvents } from "rivulet/events";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { follow } from "rivulet/sync";
import { createHub } from "rivulet/sync/hub";

type AccountEvent = Event<"deposited", { amount: number }> | Event<"withdrawn", { amount: number }>;
const events = defineEvents<AccountEvent>({ deposited: {}, withdrawn: {} });
const store = await openEventStore(memory(), { events });
const account = store.stream("account-1");
const accounts = table("accounts", "name TEXT PRIMARY KEY");
`;

const USES = `
const balance = defineProjection<number, AccountEvent>({
  name: "balance",
  initial: () => 0,
  on: { deposited: (sum, { data }) => sum + data.amount },
});
const withdrawal = defineDecider<number, { withdraw: number }, AccountEvent>({
  initial: () => 0,
  evolve: { deposited: (sum, { data }) => sum + data.amount },
  decide: ({ withdraw }) => ({ type: "withdrawn", data: { amount: withdraw } }),
});
const hub = createHub(store, { authenticate: () => "ada", deciders: { withdrawal } });
const replica = await follow(store, { url: "https://example.org/sync", streams: ["account-1"], deciders: { withdrawal } });
const followed = replica.stream<AccountEvent>("account-1");
const shown = followed.project(balance);
const queued = await followed.execute("withdrawal", { withdraw: 1 });
await replica.follow({ streams: [hub, shown, queued].map(String) });
const live = store.project(balance);
const result = await account.append({ type: "deposited", data: { amount: 1 } });
const loaded = await account.load(balance);
const executed = await account.execute(withdrawal, { withdraw: 1 });
const consumer = store.consume(defineConsumer({ name: "audit", handler: () => undefined }));
const model = await store.readModel(defineReadModel({ name: "bank", tables: [accounts], on: {} }));
const rows = await model.query<{ name: string }>(sql\`SELECT name FROM \${accounts}\`);
for await (const event of store.watch({ types: ["deposited"] })) console.log(event);
for await (const event of store.read({ types: ["deposited"] })) console.log(event);
for await (const event of account.read()) console.log(event, live, result, loaded, executed, consumer, rows, events);
`;

/** The greatest length of a hover, in characters. */
const LONGEST = { value: 80, event: 120, verb: 320 };

const VALUES = [
  "events",
  "store",
  "account",
  "balance",
  "withdrawal",
  "live",
  "result",
  "loaded",
  "executed",
  "consumer",
  "hub",
  "replica",
  "followed",
  "shown",
  "queued",
];
const VERBS = [
  "account.append",
  "account.read",
  "store.read",
  "store.watch",
  "account.load",
  "store.project",
  "store.consume",
  "model.query",
  "followed.execute",
  "followed.project",
  "replica.follow",
];

/** For each mistake: its code, and the words that the first line of the error must contain. */
const MISTAKES: Readonly<Record<string, readonly [code: string, ...words: string[]]>> = {
  "a wrong event type": [`await account.append({ type: "deposit", data: { amount: 1 } });`, `"deposit"`, `"deposited"`],
  "missing data": [
    `await account.append({ type: "deposited" });`,
    `{ type: "deposited"; }`,
    `NewEventOf<"deposited", { amount: number; }>`,
  ],
  "an unknown option": [`account.read({ from: 3 });`, "'from' does not exist", "'ReadOptions'"],
  "a wrong type in a filter": [`store.read({ types: ["deposit"] });`, `"deposit"`, `"deposited"`],
  "an unknown option of a consumer": [
    `defineConsumer({ name: "c", types: ["deposited"], handle: () => undefined });`,
    "'handle' does not exist",
    'ConsumerParts<Event, "deposited">',
    "'handler'",
  ],
  "a wrong type of a consumer's events": [
    `defineConsumer<AccountEvent>({ name: "c", types: ["deposit"], handler: () => undefined });`,
    `"deposit"`,
    `"deposited"`,
  ],
  "a wrong handler name of a projection": [
    `defineProjection<number, AccountEvent>({ name: "b", initial: () => 0, on: { deposit: () => 1 } });`,
    "'deposit' does not exist",
    "'deposited'",
  ],
  "a wrong handler name in evolve": [
    `defineDecider<number, 1, AccountEvent>({ initial: () => 0, evolve: { deposit: () => 1 }, decide: () => undefined });`,
    "'deposit' does not exist",
    "ProjectionHandlers<number, AccountEvent>",
  ],
  "a missing initial state": [
    `defineProjection<number, AccountEvent>({ name: "b", on: { deposited: () => 1 } });`,
    "'initial' is missing",
    "ProjectionDefinition<number, AccountEvent>",
  ],
  "a projection of other events": [
    `await account.load(defineProjection<number, Event<"closed">>({ name: "b", initial: () => 0, on: {} }));`,
    `Projection<number, Event<"closed">>`,
    "Projection<number, AccountEvent>",
  ],
};

const TSCONFIG = {
  extends: "../../tsconfig.json",
  compilerOptions: {
    composite: false,
    noEmit: true,
    declaration: false,
    isolatedDeclarations: false,
    noUnusedLocals: false,
    types: ["node"],
    lib: ["es2022", "esnext.disposable"],
    rootDir: "../..",
  },
  include: ["*.ts"],
  references: [],
};

const codes = Object.values(MISTAKES).map(([code]) => code);
let errors: readonly string[] = [];
let hovers: ReadonlyMap<string, string> = new Map();

beforeAll(async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify(TSCONFIG));
  writeFileSync(join(FOLDER, "mistakes.ts"), PRELUDE + codes.join("\n"));
  const compiled = runNode("node_modules/typescript/bin/tsc", ["-p", FOLDER, "--pretty", "false"]);
  errors = await compiled.then(
    () => [],
    (error: Error) => error.message.split("\n").filter((line) => line.includes("mistakes.ts(")),
  );
  const uses = join(FOLDER, "uses.ts");
  writeFileSync(uses, PRELUDE + USES);
  hovers = await hoversOf(uses, PRELUDE + USES, [...VALUES, ...VERBS, "event, live"]);
});

test("a hover shows a short type for each value", () => {
  for (const name of VALUES) expect(hovers.get(name)).toMatch(new RegExp(`^const ${name}: .{1,${LONGEST.value}}$`));
  const event = hovers.get("event, live");
  expect(event).toContain('StoredEventOf<"deposited", { amount: number; }>');
  expect(event?.length).toBeLessThanOrEqual(LONGEST.event);
});

test("a hover shows a short signature for each method", () => {
  for (const name of VERBS) {
    expect(hovers.get(name)).toContain(`.${name.split(".")[1]}`);
    expect(hovers.get(name)?.length).toBeLessThanOrEqual(LONGEST.verb);
  }
});

test("no hover shows rivulet's internals", () => {
  expect([...hovers.values()].filter((shown) => shown.includes("_rivulet"))).toEqual([]);
});

test.each(Object.entries(MISTAKES))("%s is named in the first line of its error", (_name, [code, ...words]) => {
  const line = PRELUDE.split("\n").length + codes.indexOf(code);
  const found = errors.filter((error) => error.includes(`(${line},`));
  expect(found).toHaveLength(1);
  for (const word of words) expect(found[0]).toContain(word);
  expect(found[0]?.length).toBeLessThanOrEqual(400);
});
