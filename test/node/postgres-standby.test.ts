import { openEventStore } from "rivulet";
import { postgres } from "rivulet/postgres";
import { describe, expect, test } from "vitest";
import { failure } from "../support/outcome.ts";
import { mayBeLeftOut, startPostgres, startStandby, type Postgres } from "../support/postgres.ts";

describe.skipIf(mayBeLeftOut())("a standby of PostgreSQL", () => {
  test("serves reads and watches, refuses appends, and takes them once it is promoted", async () => {
    const primary = await startPostgres();
    await using store = await openEventStore(postgres({ connectionString: primary.connectionString }));
    await store.stream("a").append({ type: "noted", data: 1 });
    const standby = await startStandby(primary);
    await using copy = await openEventStore(
      postgres({ connectionString: standby.connectionString, busyTimeout: 1_000 }),
    );

    const watch = copy.watch();
    expect((await watch.next()).value).toMatchObject({ position: 1, data: 1 });
    await store.stream("a").append({ type: "noted", data: 2 });
    expect((await watch.next()).value).toMatchObject({ position: 2, data: 2 });
    await expect(copy.stream("a").append({ type: "noted" })).rejects.toMatchObject({
      code: "storage-unavailable",
      details: { reason: "25006" },
    });
    expect((await copy.info()).lineage).toBe((await store.info()).lineage);

    await primary.stopAtOnce();
    await standby.query("SELECT pg_promote()");

    expect(await copy.stream("a").append({ type: "noted", data: 3 })).toMatchObject({ position: 3, version: 3 });
    expect((await watch.next()).value).toMatchObject({ position: 3, data: 3 });
  });

  test("that has to confirm appends, and is away, leaves their outcome unknown; once it is back they are stored once", async () => {
    const primary = await startPostgres();
    await using store = await openEventStore(
      postgres({ connectionString: primary.connectionString, busyTimeout: 100 }),
    );
    const standby = await startStandby(primary);
    await primary.query("ALTER SYSTEM SET synchronous_standby_names = '*'");
    await primary.query("SELECT pg_reload_conf()");
    await expect.poll(() => confirms(primary), { interval: 5 }).toBe(true);
    expect(await store.stream("a").append({ type: "noted", id: "confirmed" })).toMatchObject({ position: 1 });
    await standby.stopAtOnce();
    await expect.poll(() => confirms(primary), { interval: 5 }).toBe(false);

    const error = await failure(store.stream("a").append({ type: "noted", id: "alone" }), "outcome-unknown");

    expect(error.details).toEqual({ ids: ["alone"] });
    // Nobody sees what is not confirmed.
    expect(await store.head()).toBe(1);
    await standby.start();
    await expect.poll(() => store.head(), { interval: 20 }).toBe(2);
    expect(await store.stream("a").append({ type: "noted", id: "alone" })).toMatchObject({
      position: 2,
      deduplicated: 1,
    });
    expect(await store.stream("a").append({ type: "noted" })).toMatchObject({ position: 3 });
  });
});

/** Whether a standby confirms what the primary commits. */
async function confirms(primary: Postgres): Promise<boolean> {
  return (await primary.query("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'")).length > 0;
}
