/**
 * What a client has made of its view of the outbox, by what it has queued, confirmed, settled and discarded itself, is what a client sees
 * that has just read all of it: while another client of the database changes the outbox, too, and news come late.
 */
import * as fc from "fast-check";
import { memory } from "rivulet";
import type { EventStorage } from "rivulet/adapter";
import { createTestHub } from "rivulet/testing";
import { expect, test } from "vitest";
import { randomFrom } from "../support/random.ts";
import { account, bank, type BankEvent } from "../support/sync/bank.ts";
import { openClient, slow, type Around, type Client } from "../support/sync/slow-client.ts";

const STREAMS = ["a-1", "a-2"] as const;

type Kind =
  | "append"
  | "refused"
  | "versioned"
  | "two streams"
  | "deposit"
  | "online"
  | "elsewhere"
  | "discard"
  | "retry";

interface Step {
  readonly kind: Kind;
  readonly client: number;
  readonly stream: number;
  /** How many events an append has, and how long the hub can be reached. */
  readonly size: number;
}

const KINDS: readonly Kind[] = [
  "append",
  "refused",
  "versioned",
  "two streams",
  "deposit",
  "elsewhere",
  "discard",
  "retry",
];

const rounds: fc.Arbitrary<readonly (readonly Step[])[]> = fc.array(
  fc.array(
    fc.record({
      kind: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...KINDS) },
        { weight: 1, arbitrary: fc.constant("online") },
      ),
      client: fc.nat(1),
      stream: fc.nat(1),
      size: fc.integer({ min: 1, max: 4 }),
    }) as fc.Arbitrary<Step>,
    { minLength: 1, maxLength: 5 },
  ),
  { minLength: 1, maxLength: 8 },
);

/** Changes what the storage answers; `before` is the generation before the call was sent. */
type Fault = (answer: unknown, before: number) => unknown;

async function play(all: readonly (readonly Step[])[], seed: number, fault?: Fault): Promise<void> {
  const { storage } = await memory().open();
  const hub = await createTestHub({
    deciders: { bank },
    mayAppend: (_client, { events }) => (events.some(({ data }) => data?.includes("refused")) ? "not here" : true),
  });
  const random = randomFrom(seed);
  const around: Around = async (name, call, argument) => {
    const before = (await storage.sync?.loadReplica())?.generation ?? 0;
    const answer = await call(argument);
    return fault !== undefined && (name === "applyConfirmed" || name === "settle") ? fault(answer, before) : answer;
  };
  const clients = [
    await openClient(slow(storage, random, around), hub.fetch),
    await openClient(slow(storage, random, around), hub.fetch),
  ] as const;
  hub.offline();
  for (const steps of all) {
    await Promise.all(steps.map((step) => run(step).catch(ignoreRefusal)));
    hub.offline();
    for (const client of clients) await compare(client, storage);
  }
  for (const { store } of clients) await store.close();
  await hub.close();
  await storage.close();

  async function run({ kind, client, stream: at, size }: Step): Promise<unknown> {
    const { replica } = clients[client] as Client;
    const name = STREAMS[at] as string;
    const stream = replica.stream<BankEvent>(name);
    const label = kind === "refused" ? kind : "label";
    const notes = Array.from({ length: size }, () => ({ type: "noted", data: { label } }) as const);
    switch (kind) {
      case "versioned":
        return stream.append(notes, { expectedVersion: await stream.version() });
      case "two streams":
        return replica.append(STREAMS.map((one) => ({ stream: one, events: notes })));
      case "deposit":
        return stream.execute("bank", { do: "deposit", amount: size, label });
      case "elsewhere":
        return hub.store.stream(name).append(notes);
      case "discard":
      case "retry": {
        const [first] = await replica.rejected();
        return first && replica[kind](first.id);
      }
      case "online":
        hub.online();
        for (const one of clients) one.replica.hurry();
        for (let turns = random.below(30 * size); turns > 0; turns--) await new Promise(setImmediate);
        return undefined;
      default:
        return stream.append(notes);
    }
  }
}

/** Both show the same once the client has heard of everything, and its last call to the storage has ended. */
async function compare(client: Client, storage: EventStorage): Promise<void> {
  let found: unknown;
  let expected: unknown;
  for (let attempt = 0; attempt < 40; attempt++) {
    for (let turn = 0; turn <= attempt; turn++) await new Promise(setImmediate);
    const fresh = await openClient(storage);
    expected = await shownBy(fresh);
    await fresh.store.close();
    found = await shownBy(client);
    if (JSON.stringify(found) === JSON.stringify(expected)) return;
  }
  expect(found).toEqual(expected);
}

async function shownBy({ replica }: Client): Promise<unknown> {
  const shown: unknown[] = [await replica.pending(), await replica.rejected()];
  for (const name of STREAMS) {
    const stream = replica.stream<BankEvent>(name);
    shown.push(await stream.read().toArray(), await stream.load(account), await stream.version());
  }
  const { pending, rejected } = replica.status;
  return [shown, pending, rejected];
}

function ignoreRefusal(error: unknown): void {
  const { code } = Object(error) as { readonly code?: string };
  // Both clients may discard or retry the same entry.
  if (code !== "version-conflict" && code !== "invalid-argument") throw error;
}

/** More of them by hand: `RIVULET_RUNS=2000 npx vitest run test/properties/outbox-views.test.ts`. */
const RUNS = Number(process.env["RIVULET_RUNS"] ?? 12);

test("a view that was changed by what this client did is what the outbox is, whatever another client does", async () => {
  await fc.assert(
    fc.asyncProperty(rounds, fc.integer(), (all, seed) => play(all, seed)),
    { numRuns: RUNS },
  );
});

test("a storage that tells the generation from before what another client did is found", async () => {
  const fault: Fault = (answer, before) => {
    const { step } = Object(answer) as { readonly step?: object };
    return step === undefined ? answer : { ...(answer as object), step: { ...step, from: before } };
  };
  const property = fc.asyncProperty(rounds, fc.integer(), (all, seed) => play(all, seed, fault));
  const { failed } = await fc.check(property, { numRuns: 200, endOnFailure: true, seed: 1 });
  expect(failed).toBe(true);
});
