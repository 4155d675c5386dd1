import { openEventStore, type Adapter, type EventStore, type ReadModel } from "rivulet";
import { wrapVerbs } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { postgres } from "rivulet/postgres";
import type { PendingRows, PushedEntry, Replica } from "rivulet/sync";
import { describe, expect, test } from "vitest";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { createRandom, randomFrom, type Random } from "../support/random.ts";
import { createDisk } from "../support/power-loss/disk.ts";
import { loadSqlite, onDisk } from "../support/power-loss/sqlite-wasm.ts";
import { balances, everyBalance, everyEntry } from "../support/sync/balances.ts";
import { bank, type BankCommand } from "../support/sync/bank.ts";
import { startLocalHub, type LocalHub } from "../support/sync/local-hub.ts";
import { temporaryPath } from "../support/temporary.ts";

const STREAMS = ["account-1", "account-2", "account-3"];

const boot = await loadSqlite();

const ENGINES: Readonly<Record<string, () => Adapter>> = {
  "better-sqlite3": () => betterSqlite3(),
  "better-sqlite3 in a worker": () => betterSqlite3({ path: temporaryPath(), durability: "normal", worker: true }),
  "sqlite-wasm": () => onDisk(boot, createDisk(), { durability: "normal" }),
};

interface Device {
  readonly store: EventStore;
  readonly replica: Replica;
  readonly model: ReadModel;
}

/** Lets the tables lag behind the events, and everything else go first now and then. */
function delayed(adapter: Adapter, random: Random): Adapter {
  return {
    name: adapter.name,
    async open() {
      const opened = await adapter.open();
      const storage = wrapVerbs(opened.storage, (verb, name) => async (argument) => {
        const turns = random.below(name === "applyToModel" ? 12 : 3);
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        return verb(argument);
      });
      return { ...opened, storage };
    },
  };
}

/** The rows as they are once everything has been stored: what is confirmed, then what is pending as if it were done now. */
async function expectedRows({ store, replica }: Device): Promise<unknown[]> {
  await using fresh = await openEventStore(betterSqlite3());
  for (const { stream, id, type, data, metadata } of await store.read().toArray())
    await fresh.stream(stream).append({ id, type, data, metadata });
  let pending = 0;
  for (const { entry } of await replica.pending()) pending += (await repeat(fresh, entry)) ? 1 : 0;
  const model = await fresh.readModel(balances);
  await model.caughtUp();
  return [await model.query(everyBalance), await model.query(everyEntry), pending];
}

/** Does again what an entry says. Resolves with whether it has an effect on the tables. */
async function repeat(fresh: EventStore, entry: PushedEntry): Promise<boolean> {
  const before = await fresh.head();
  if (entry.kind === "append") {
    const appends = entry.entries.map(({ stream, events }) => ({
      stream,
      events: events.map(({ id, type, data }) => ({ id, type, data: JSON.parse(data as string) as never })),
    }));
    await fresh.append(appends);
  } else {
    const command = JSON.parse(entry.command as string) as BankCommand;
    await fresh
      .stream<never>(entry.stream)
      .execute(bank as never, command as never, { idempotencyKey: entry.key })
      // In doubt: nothing of it is shown.
      .catch(() => undefined);
  }
  const events = await fresh.read({ after: before }).toArray();
  return events.some(({ type }) => type === "deposited" || type === "withdrawn");
}

/** Resolves with true for what is shown from now on, whatever the hub decides. */
async function act(hub: LocalHub, { store, replica }: Device, random: Random, label: string): Promise<boolean> {
  const stream = STREAMS[random.below(STREAMS.length)] as string;
  const amount = 1 + random.below(9);
  switch (random.below(9)) {
    case 0:
      hub.connect(!hub.online);
      replica.hurry();
      return false;
    case 1:
      await hub.store.stream(stream).append({ type: "deposited", data: { amount, label } });
      return false;
    case 2:
      await hub.store.stream(stream).append([
        { type: "noted", data: { label } },
        { type: "fee", data: { label } },
      ]);
      return false;
    case 3:
      await store.stream("own").append({ type: "deposited", data: { amount, label } });
      return false;
    case 4:
      await replica.stream(stream).append([
        { type: "noted", data: { label } },
        { type: "withdrawn", data: { amount, label } },
      ]);
      return false;
    case 5:
      await replica.stream(stream).execute("bank", { do: "empty", label });
      return false;
    case 6:
      // Refused on the device if the balance is too low.
      await replica
        .stream(stream)
        .execute("bank", { do: "withdraw", amount, label })
        .catch(() => undefined);
      return false;
    default:
      await replica.stream(stream).execute("bank", { do: "deposit", amount, label });
      return true;
  }
}

/** Lets what is under way end: a replica that is offline is at rest then. */
async function rest({ replica }: Device): Promise<void> {
  while (replica.status.connection !== "offline") {
    await new Promise<void>((resolve) => {
      const stop = replica.subscribe(() => {
        stop();
        resolve();
      });
    });
  }
}

function compares(adapterOf: () => Adapter, steps: number): void {
  test("a query with what is pending has the rows of a store in which all of it is stored, whatever has happened", async () => {
    const random = createRandom("queries with what is pending");
    const hub = await startLocalHub();
    const opened = await hub.replica(delayed(adapterOf(), randomFrom(random.seed)));
    const model = await opened.store.readModel(balances);
    const device: Device = { ...opened, model };
    const live = device.replica.live(model, everyEntry);
    const lasting: string[] = [];

    for (let step = 0; step < steps; step++) {
      const label = `step ${step}`;
      if (await act(hub, device, random, label)) lasting.push(label);
      // At any time: nothing twice, and nothing is missing.
      const { rows, failed } = await device.replica.query<{ label: string }>(model, everyEntry);
      const labels = new Set(rows.map((row) => row.label));
      expect([labels.size, failed, lasting.filter((one) => !labels.has(one))], label).toEqual([rows.length, [], []]);
      if (!hub.online && step % 5 === 0) await compare(label);
    }
    // However the steps were drawn: once with something pending.
    hub.connect(false);
    await device.replica.stream("account-1").execute("bank", { do: "deposit", amount: 1, label: "last" });
    expect(await compare("last")).toBeGreaterThan(0);

    /** Compares at rest. Resolves with how much is pending. */
    async function compare(label: string): Promise<number> {
      device.replica.hurry();
      await rest(device);
      const expected = await expectedRows(device);
      const asked = await Promise.all([
        device.replica.query(model, everyBalance),
        device.replica.query(model, everyEntry),
      ]);
      expect([...asked.map((one) => one.rows), asked[1].pending], label).toEqual(expected);
      await model.caughtUp();
      expect((await shows(live, expected[1] as object[])).pending).toBe(expected[2]);
      expect(await model.query(everyEntry)).toEqual(await confirmedRows(device));
      return asked[1].pending;
    }
  });
}

describe.each(Object.entries(ENGINES))("%s", (_name, adapterOf) => compares(adapterOf, 80));

describe.skipIf(mayBeLeftOut())("on a PostgreSQL server", () => {
  const server = usePostgres();
  compares(() => postgres({ connectionString: server().connectionString, schema: "replica" }), 40);
});

/** Waits until a live query shows rows. */
async function shows(
  live: AsyncIterable<{ readonly state: PendingRows<unknown> }>,
  rows: readonly object[],
): Promise<PendingRows<unknown>> {
  for await (const { state } of live) if (JSON.stringify(state.rows) === JSON.stringify(rows)) return state;
  throw new Error("the live query has ended");
}

/** What the tables have alone. */
async function confirmedRows({ replica, model }: Device): Promise<readonly unknown[]> {
  return (await replica.query(model, everyEntry, { pending: false })).rows;
}
