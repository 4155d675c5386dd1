import { useFakeTime } from "../support/movable-time.ts";
import { memory, type Event } from "rivulet";
import type { Adapter } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { expect, test, vi } from "vitest";
import { openSharedStorage } from "../support/clients.ts";
import { createRandom } from "../support/random.ts";

type Counted = Event<"counted", number>;

const YEAR = 365 * 86_400_000;
const LEASE = 10_000;
/** The interval at which a waiting client checks a lease, in milliseconds. It learns of a renewal that late. */
const LOOK = 1_000;

const STORAGES: readonly (readonly [string, () => Adapter])[] = [
  ["memory", () => memory()],
  ["better-sqlite3", () => betterSqlite3()],
];

const pass = useFakeTime(["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"]);

const setClock = (by: number): void => void vi.setSystemTime(Date.now() + by);

test.each(STORAGES)(
  "whatever happens to the wall clock, the lease of a client that died is taken over within its duration, over %s",
  async (_name, adapter) => {
    const random = createRandom("leases under clocks that jump");
    for (let history = 0; history < 10; history++) {
      const shared = await openSharedStorage(adapter());
      const define = () => defineConsumer<Counted>({ name: "shared", lease: LEASE, handler: () => undefined });
      const begin = async () => {
        const client = await shared.client();
        return { client, consumer: client.store.consume(define()) };
      };
      let processes = [await begin(), await begin(), await begin()];
      const dead: typeof processes = [];
      const jump = (): void => {
        const far = [500, LEASE / 2, LEASE * 3, YEAR][random.below(4)] as number;
        if (random.below(2) === 0) setClock(random.below(2) === 0 ? far : -far);
      };
      for (let round = 0; round < 4; round++) {
        for (let step = 0; step < 5; step++) {
          jump();
          await pass(random.below(2 * LEASE));
        }
        // Dead, as after a power loss: the client sends nothing more.
        const gone = processes.filter(({ consumer }) => consumer.status === "active");
        for (const { client } of gone) client.freeze();
        dead.push(...gone);
        processes = [...processes.filter((one) => !gone.includes(one)), await begin()];
        jump();
        await pass(random.below(LOOK));
        jump();
        await pass(LEASE + LOOK);
        const active = processes.filter(({ consumer }) => consumer.status === "active");
        expect(active, `history ${history}, round ${round}`).toHaveLength(1);
        // Fences agree: a dead client no longer writes.
        const [holder] = active;
        await holder?.client.store.stream<Counted>("a").append({ type: "counted", data: round });
        await holder?.consumer.caughtUp();
      }
      for (const { client } of dead) client.thaw();
      await pass(LEASE + LOOK);
      const all = [...processes, ...dead];
      expect(all.filter(({ consumer }) => consumer.status === "active")).toHaveLength(1);
      expect(all.map(({ consumer }) => consumer.error).filter((error) => error !== undefined)).toEqual([]);
      await Promise.all(all.map(({ consumer }) => consumer.close()));
    }
  },
);

/** A client's own clock, which is set forward and back. */
function createOwnClock() {
  let off = 0;
  const clock = (): number => Math.max(0, Date.now() + off);
  return { clock, set: (by: number): void => void (off += by) };
}

test.each(STORAGES)(
  "whichever clock jumps, no two clients hold a lease at once, and a client that died is replaced within its duration, over %s",
  async (_name, adapter) => {
    const random = createRandom("clients whose clocks jump separately");
    for (let history = 0; history < 10; history++) {
      const shared = await openSharedStorage(adapter());
      const living = new Set<Awaited<ReturnType<typeof begin>>>();
      let handling = 0;
      const moments: string[] = [];
      const look = (when: string): void => {
        const active = [...living].filter(({ consumer }) => consumer.status === "active").length;
        if (active > 1 || handling > 1) moments.push(`${when}: ${active} active, ${handling} handling`);
      };
      const begin = async () => {
        const own = createOwnClock();
        own.set([0, -YEAR, YEAR][random.below(3)] as number);
        const client = await shared.client({ clock: own.clock });
        const consumer = client.store.consume(
          defineConsumer<Counted>({
            name: "shared",
            lease: LEASE,
            async handler() {
              if (client.frozen) return;
              handling += 1;
              look("as a handler began");
              await new Promise((resolve) => setTimeout(resolve, random.below(LEASE / 4)));
              handling -= 1;
            },
          }),
        );
        consumer.subscribe(() => look("as a status changed"));
        const one = { client, consumer, own };
        living.add(one);
        return one;
      };
      const jump = (): void => {
        for (const { own } of living) {
          if (random.below(3) > 0) continue;
          const far = [500, LEASE / 2, LEASE * 3, YEAR][random.below(4)] as number;
          own.set(random.below(2) === 0 ? far : -far);
        }
      };
      for (let count = 0; count < 3; count++) await begin();
      const writer = (await shared.client()).store.stream<Counted>("a");
      for (let round = 0; round < 3; round++) {
        for (let step = 0; step < 20; step++) {
          jump();
          if (step % 2 === 0) await writer.append({ type: "counted", data: step });
          await pass(random.below(LEASE / 4));
          look(`in step ${step} of round ${round}`);
        }
        // Dead between two events, as after a power loss.
        await pass(20 * LEASE);
        const dead = [...living].find(({ consumer }) => consumer.status === "active");
        expect(dead, `history ${history}, round ${round}`).toBeDefined();
        dead?.client.freeze();
        if (dead !== undefined) living.delete(dead);
        jump();
        await pass(LEASE + LOOK);
        expect([...living].filter(({ consumer }) => consumer.status === "active")).toHaveLength(1);
        await begin();
      }
      expect(moments, `history ${history}`).toEqual([]);
      await Promise.all([...living].map(({ consumer }) => consumer.close()));
    }
  },
);

test("a client that died long ago is replaced after half its lease", async () => {
  const shared = await openSharedStorage();
  const define = () => defineConsumer<Counted>({ name: "shared", lease: LEASE, handler: () => undefined });
  const gone = await shared.client();
  const dead = gone.store.consume(define());
  await dead.caughtUp();
  gone.freeze();
  await pass(10 * LEASE);

  const next = (await shared.client()).store.consume(define());
  await pass(LEASE / 2 - LOOK);
  expect(next.status).toBe("waiting");
  await pass(2 * LOOK);
  expect(next.status).toBe("active");
  await next.close();
});

test.each(STORAGES)(
  "a live client keeps its lease beside another with a shorter duration, over %s",
  async (_name, adapter) => {
    const shared = await openSharedStorage(adapter());
    const [one, two] = [await shared.client(), await shared.client()];
    const define = (lease: number) => defineConsumer({ name: "shared", lease, handler: () => undefined });
    const first = one.store.consume(define(30 * LEASE));
    await first.caughtUp();
    const second = two.store.consume(define(LEASE));

    await pass(60 * LEASE);

    expect([first.status, second.status]).toEqual(["active", "waiting"]);
    await Promise.all([first.close(), second.close()]);
  },
);

test("while the clock stands still, a live holder keeps its lease", async () => {
  const shared = await openSharedStorage();
  const [one, two] = [await shared.client({ clock: () => 0 }), await shared.client({ clock: () => 0 })];
  const define = () => defineConsumer({ name: "shared", lease: 300, handler: () => undefined });
  const first = one.store.consume(define());
  await first.caughtUp();
  const second = two.store.consume(define());

  await pass(60_000);

  expect([first.status, second.status]).toEqual(["active", "waiting"]);
  await Promise.all([first.close(), second.close()]);
});

test("a clock that was a year ahead for a while keeps no older code from building its tables", async () => {
  const shared = await openSharedStorage(betterSqlite3());
  const numbers = table("numbers", "position INTEGER");
  const model = (schema: number) =>
    defineReadModel<Counted>({
      name: "numbers",
      schema,
      tables: [numbers],
      on: { counted: ({ position }) => sql`INSERT INTO ${numbers} VALUES (${position})` },
    });
  const newer = await shared.client();
  setClock(YEAR);
  await newer.store.readModel(model(2));
  newer.freeze();
  setClock(-YEAR);

  const older = await (await shared.client()).store.readModel(model(1));

  expect(await older.query(sql`SELECT * FROM ${numbers}`)).toEqual([]);
  await older.close();
});
