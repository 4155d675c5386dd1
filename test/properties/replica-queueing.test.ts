/**
 * What a client knows of the outbox in memory is what is stored: two clients of one database queue commands and appends at the same time,
 * what is pending is confirmed and refused in between, and a third client that has just started sees what they show.
 */
import * as fc from "fast-check";
import { memory } from "rivulet";
import type { Enqueue, OutboxEntry, StoredRecord } from "rivulet/adapter";
import type { Queued, Replica } from "rivulet/sync";
import { describe, expect, test } from "vitest";
import { randomFrom } from "../support/random.ts";
import { account, type BankEvent } from "../support/sync/bank.ts";
import { openClient, slow, type Around, type Client } from "../support/sync/slow-client.ts";
import { openInMemory } from "../support/sync/sqlite-in-memory.ts";

const STREAMS = ["a-1", "a-2"];

/** One call; what its numbers mean depends on its kind. */
interface Step {
  readonly kind: "append" | "versioned" | "two streams" | "deposit" | "withdraw" | "again" | "own";
  readonly client: number;
  readonly stream: number;
  readonly amount: number;
}

/** What happens to the database while no call is made. */
type Between = "nothing" | "confirm" | "elsewhere" | "refuse" | "retry" | "discard";

interface Round {
  /** Made at once. */
  readonly steps: readonly Step[];
  readonly between: Between;
}

const rounds: fc.Arbitrary<readonly Round[]> = fc.array(
  fc.record({
    steps: fc.array(
      fc.record({
        kind: fc.constantFrom(
          ...(["append", "versioned", "versioned", "two streams", "deposit", "withdraw", "again", "own"] as const),
        ),
        client: fc.nat(1),
        stream: fc.nat(1),
        amount: fc.integer({ min: 1, max: 4 }),
      }),
      { maxLength: 6 },
    ),
    between: fc.constantFrom<Between>(
      "nothing",
      "nothing",
      "confirm",
      "confirm",
      "elsewhere",
      "refuse",
      "retry",
      "discard",
    ),
  }),
  { minLength: 1, maxLength: 12 },
);

type Fault = (requests: readonly Enqueue[]) => readonly Enqueue[];

async function play(all: readonly Round[], seed: number, onSqlite: boolean, fault?: Fault): Promise<void> {
  const { storage } = onSqlite ? await openInMemory() : await memory().open();
  const { sync } = storage;
  if (sync === undefined) throw new Error("the storage keeps nothing for replicas");
  const random = randomFrom(seed);
  const around: Around = (name, send, argument) =>
    send(fault !== undefined && name === "enqueue" ? fault(argument as readonly Enqueue[]) : argument);
  const clients = [
    await openClient(slow(storage, random, around)),
    await openClient(slow(storage, random, around)),
  ] as const;
  const earlier: string[] = [];
  let labels = 0;
  for (const { steps, between } of all) {
    const made = await Promise.all(steps.map((step) => start(step)));
    const observer = await openClient(storage);
    for (const { queued, exact } of made) if (exact && queued !== undefined) await check(queued, observer);
    await happen(between, observer.replica);
    await observer.store.close();
    for (const client of clients) await compare(client, await openClient(storage), `after ${between}`);
  }
  for (const { store } of clients) await store.close();
  await storage.close();

  async function start(step: Step): Promise<{ readonly queued: Queued | undefined; readonly exact: boolean }> {
    const exact = ["versioned", "deposit", "withdraw"].includes(step.kind);
    return { queued: await call(step).catch((error: unknown) => refusal(error)), exact };
  }

  async function call({ kind, client, stream: at, amount }: Step): Promise<Queued> {
    const { replica } = clients[client] as (typeof clients)[number];
    const name = STREAMS[at] as string;
    const stream = replica.stream<BankEvent>(name);
    const label = `c${++labels}`;
    const notes = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ type: "noted", data: { label: `${label}-${index}` } }) as const);
    const command = (key: string) =>
      stream.execute("bank", { do: kind === "withdraw" ? "withdraw" : "deposit", amount, label }, { key });
    switch (kind) {
      case "append":
        return stream.append(notes(amount));
      case "versioned": {
        const expectedVersion = await stream.version();
        return stream.append(notes(amount), { expectedVersion });
      }
      case "two streams": {
        const entries = STREAMS.map((one) => ({ stream: one, events: notes(amount) }));
        return replica.append(entries);
      }
      case "own": {
        // Some of the ids may be stored, or pending.
        const events = notes(2).map((event, index) => Object.assign(event, { id: `id-${amount + index}` }));
        return stream.append(events);
      }
      case "again":
        return command(earlier[amount] ?? label);
      default:
        earlier.push(label);
        return command(label);
    }
  }

  /** What is queued has, in its stream, the versions that its caller was told: nothing has come between. */
  async function check({ events }: Queued, observer: Client): Promise<void> {
    for (const event of events) {
      const read = await observer.replica.stream(event.stream).read().toArray();
      const found = read.find(({ id }) => id === event.id);
      if (found === undefined) continue;
      const { position: _one, ...shown } = found;
      const { position: _other, ...told } = event;
      expect(told).toEqual(shown);
    }
  }

  async function happen(between: Between, replica: Replica): Promise<void> {
    const { items } = await (sync as NonNullable<typeof sync>).loadReplica();
    const { entries } = await (sync as NonNullable<typeof sync>).listEntries({ after: 0, limit: 500 });
    const first = entries.find(({ rejected }) => rejected === null);
    const refused = entries.find(({ rejected }) => rejected !== null);
    if (between === "refuse" && first !== undefined)
      await sync?.settle({ id: first.id, rejected: JSON.stringify({ code: "refused", message: "no" }) });
    if (between === "retry" && refused !== undefined) await replica.retry(refused.id);
    if (between === "discard" && refused !== undefined) await replica.discard(refused.id);
    if (between !== "confirm" && between !== "elsewhere") return;
    const events = between === "confirm" && first !== undefined ? await confirmedOf(first, replica) : [noted()];
    const versions = new Map<string, number>();
    const records: StoredRecord[] = [];
    let position = Math.max(...items.map((item) => item.position));
    for (const event of events) {
      const version = (versions.get(event.stream) ?? (await storage.version(event.stream))) + 1;
      versions.set(event.stream, version);
      records.push({ ...event, version, position: ++position, timestamp: 5 });
    }
    if (records.length === 0) return;
    const place = { position, mark: "m" };
    const { outcome } = (await sync?.applyConfirmed({ lineage: "hub", events: records, items, place })) ?? {};
    // The ids of some of the events may be stored.
    if (outcome !== "applied" && outcome !== "diverged") throw new Error(`confirming: ${outcome}`);
  }

  function noted(): Omit<StoredRecord, "version" | "position" | "timestamp"> {
    const label = `h${++labels}`;
    const data = JSON.stringify({ label });
    return { stream: STREAMS[labels % 2] as string, id: label, type: "noted", schemaVersion: 1, data, metadata: null };
  }
}

/** The events that an entry is shown with, as a hub stores them. */
async function confirmedOf(
  { id, streams }: OutboxEntry,
  replica: Replica,
): Promise<readonly Omit<StoredRecord, "version" | "position" | "timestamp">[]> {
  const item = (await replica.pending()).find((one) => one.id === id);
  if (item?.entry.kind === "append")
    return item.entry.entries.flatMap(({ stream, events }) => events.map((event) => ({ ...event, stream })));
  const [stream = ""] = streams;
  const own = (await replica.stream(stream).read().toArray()).filter((event) => event.id === id);
  return own.map(({ id: eventId, type, data }) => {
    const text = JSON.stringify(data);
    return { stream, id: eventId, type, schemaVersion: 1, data: text, metadata: null };
  });
}

function refusal(error: unknown): undefined {
  const { code } = Object(error) as { readonly code?: string };
  if (code !== "version-conflict" && !/only -?\d+ left/.test(String(error))) throw error;
  return undefined;
}

/** A client shows what one shows that has just read everything, once it has heard of everything. */
async function compare(client: Client, fresh: Client, where: string): Promise<void> {
  const expected = await shownBy(fresh);
  let found = await shownBy(client);
  // News come late.
  for (let turn = 0; turn < 200 && JSON.stringify(found) !== JSON.stringify(expected); turn++) {
    await new Promise(setImmediate);
    found = await shownBy(client);
  }
  expect(found, where).toEqual(expected);
  await fresh.store.close();
}

async function shownBy({ replica }: Client): Promise<unknown> {
  const shown: unknown[] = [];
  for (const name of STREAMS) {
    const stream = replica.stream<BankEvent>(name);
    shown.push(await stream.read().toArray(), await stream.load(account), await stream.version());
  }
  const { pending, rejected } = replica.status;
  return [shown, pending, rejected];
}

function withoutGeneration({ entry, most, replaces }: Enqueue): Enqueue {
  return replaces === undefined ? { entry, most } : { entry, most, replaces };
}

/** More of them by hand: `RIVULET_RUNS=2000 npx vitest run test/properties/replica-queueing.test.ts`. */
const RUNS = Number(process.env["RIVULET_RUNS"] ?? 25);

describe("whatever two clients of a database queue at the same time, each is told what is stored, and shows it", () => {
  test.each([
    ["in memory", false],
    ["on SQLite", true],
  ])("%s", async (_name, onSqlite) => {
    await fc.assert(
      fc.asyncProperty(rounds, fc.integer(), (all, seed) => play(all, seed, onSqlite)),
      { numRuns: RUNS },
    );
  });

  test("a storage that does not compare the generation is found", async () => {
    const fault: Fault = (requests) => requests.map((request) => withoutGeneration(request));
    const property = fc.asyncProperty(rounds, fc.integer(), (all, seed) => play(all, seed, false, fault));
    const { failed } = await fc.check(property, { numRuns: 300, endOnFailure: true, seed: 1 });
    expect(failed).toBe(true);
  });
});
