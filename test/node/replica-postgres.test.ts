/** Hubs and replicas on PostgreSQL: several processes over one database, and whatever is killed. */
import { memory, openEventStore, type Adapter, type EventStore } from "rivulet";
import { postgres } from "rivulet/postgres";
import { follow, type Replica } from "rivulet/sync";
import { describe, expect, onTestFinished, test } from "vitest";
import { startScript, type Child } from "../support/child.ts";
import { startPostgres, mayBeLeftOut, type Postgres } from "../support/postgres.ts";
import { account, bank, type BankCommand } from "../support/sync/bank.ts";
import { until } from "../support/sync/until.ts";

const STREAM = "account-1";
const deposit = (amount: number, label: string): BankCommand => ({ do: "deposit", amount, label });
const withdraw = (amount: number, label: string): BankCommand => ({ do: "withdraw", amount, label });

describe.skipIf(mayBeLeftOut())("a hub on PostgreSQL", () => {
  test("replicas of two hubs over one database see one order, and a commit at one hub is told to the pulls at the other", async () => {
    const server = await startPostgres();
    const [one, other] = [await startHub(server), await startHub(server)];
    const [ada, ben] = [await startReplica(one.url, "ada"), await startReplica(other.url, "ben")];
    await until(ada.replica, () => ada.replica.status.connection === "live");
    await until(ben.replica, () => ben.replica.status.connection === "live");

    const confirmed = [ada, ben].flatMap(({ replica }, who) =>
      Array.from({ length: 15 }, async (_, n) => {
        const { confirmed: done } = await replica.stream(STREAM).execute("bank", deposit(1, `${who}-${n}`));
        await done;
      }),
    );
    await Promise.all(confirmed);
    for (const { store, replica } of [ada, ben]) {
      await until(replica, async () => (await store.stream(STREAM).version()) === 30);
    }

    const atHub = await openEventStore(postgres({ connectionString: server.connectionString }));
    const expected = (await atHub.stream(STREAM).read().toArray()).map(({ id }) => id);
    for (const { store } of [ada, ben])
      expect((await store.stream(STREAM).read().toArray()).map(({ id }) => id)).toEqual(expected);
    await atHub.close();
  });

  test("a command that is pushed to two hubs at once is decided once, whether it is taken or refused", async () => {
    const server = await startPostgres();
    const [one, other] = [await startHub(server), await startHub(server)];
    const store = await openEventStore(postgres({ connectionString: server.connectionString }));
    onTestFinished(() => store.close());
    const { lineage } = await store.info();
    const decided = { taken: 0, refused: 0 };
    for (let round = 0; round < 40; round++) {
      const label = `round-${round}`;
      const stream = `account-${round}`;
      const asked = { kind: "command", stream, decider: "bank", key: label, metadata: null };
      const entry = { ...asked, command: JSON.stringify(withdraw(1, label)) };

      // In between, a deposit decides which of the two is refused.
      await Promise.all([
        push(one.url, lineage, entry),
        store.stream(stream).execute(bank, deposit(5, "salary")),
        push(other.url, lineage, entry),
      ]);

      const [first, second] = [await push(one.url, lineage, entry), await push(other.url, lineage, entry)];
      expect(second).toEqual(first);
      const events = (await store.stream(stream).read().toArray()).filter(({ type }) => type === "withdrawn");
      expect(events.length).toBe(first.outcome === "confirmed" ? 1 : 0);
      decided[first.outcome === "confirmed" ? "taken" : "refused"] += 1;
    }
    expect(decided.taken + decided.refused).toBe(40);
  });

  test("replicas converge over a hub whose process and whose server are killed, and every command is there once", async () => {
    const server = await startPostgres();
    let hub = await startHub(server);
    const { port } = new URL(hub.url);
    const [ada, ben] = [await startReplica(hub.url, "ada"), await startReplica(hub.url, "ben")];
    const confirmed: Promise<unknown>[] = [];
    const labels: string[] = [];
    const work = async (from: number): Promise<void> => {
      for (const [who, { replica }] of [ada, ben].entries()) {
        for (let n = from; n < from + 5; n++) {
          const label = `${who}-${n}`;
          confirmed.push((await replica.stream(STREAM).execute("bank", deposit(1, label))).confirmed);
          labels.push(label);
        }
      }
    };

    await work(0);
    hub.child.interrupt("SIGKILL");
    await hub.child.ended;
    await work(5);
    hub = await startHub(server, Number(port));
    await work(10);
    await server.stopAtOnce();
    await work(15);
    await server.start();
    await work(20);
    for (const { replica } of [ada, ben]) replica.hurry();
    await Promise.all(confirmed);

    const store = await openEventStore(postgres({ connectionString: server.connectionString }));
    const atHub = await store.stream(STREAM).read().toArray();
    expect(atHub.map(({ data }) => (data as { label: string }).label).sort()).toEqual(labels.sort());
    for (const { store: own, replica } of [ada, ben]) {
      await until(replica, async () => (await own.stream(STREAM).version()) === labels.length);
      expect((await own.stream(STREAM).read().toArray()).map(({ id }) => id)).toEqual(atHub.map(({ id }) => id));
      expect(await replica.stream(STREAM).load(account)).toMatchObject({ pending: 0, state: { balance: 50 } });
    }
    await store.close();
  });

  test("a replica on PostgreSQL has one outbox for all of its processes, and each hears of what the hub confirms", async () => {
    const server = await startPostgres();
    const hub = await startHub(server);
    const adapter = postgres({ connectionString: server.connectionString, schema: "replica" });
    const [one, other] = [await startReplica(hub.url, "ada", adapter), await startReplica(hub.url, "ada", adapter)];

    const queued = await Promise.all(
      [one, other, one, other].map(({ replica }, n) => replica.stream(STREAM).execute("bank", deposit(n, `n-${n}`))),
    );
    await Promise.all(queued.map(({ confirmed }) => confirmed));

    for (const { store, replica } of [one, other]) {
      expect(await replica.pending()).toEqual([]);
      expect(await store.stream(STREAM).version()).toBe(4);
      expect(await replica.stream(STREAM).load(account)).toMatchObject({ state: { balance: 6 }, pending: 0 });
      await expect(store.stream(STREAM).append({ type: "noted" })).rejects.toMatchObject({ code: "stream-followed" });
    }
  });
});

interface Answer {
  readonly outcome: string;
}

/** Pushes one entry until the hub has decided it. */
async function push(url: string, lineage: string, entry: object): Promise<Answer> {
  for (;;) {
    const message = { protocol: 1, lineage, places: [], entries: [entry] };
    const response = await fetch(`${url}/push`, {
      method: "POST",
      headers: { authorization: "ada" },
      body: JSON.stringify(message),
    });
    const { answers } = (await response.json()) as { answers: [Answer] };
    if (answers[0].outcome !== "later") return answers[0];
  }
}

async function startHub({ connectionString }: Postgres, port = 0): Promise<{ url: string; child: Child }> {
  const child = startScript("bank-hub", connectionString, port);
  return { url: (await child.line("listening")).replace("listening ", ""), child };
}

async function startReplica(
  url: string,
  client: string,
  adapter: Adapter = memory(),
): Promise<{ store: EventStore; replica: Replica }> {
  const store = await openEventStore(adapter);
  const headers = (): { authorization: string } => ({ authorization: client });
  const replica = await follow(store, { url, headers, streamPrefixes: ["account-"], deciders: { bank } });
  onTestFinished(async () => {
    await replica.close();
    await store.close();
  });
  return { store, replica };
}
