import { openEventStore } from "rivulet";
import { postgres } from "rivulet/postgres";
import { describe, expect, test } from "vitest";
import { mayBeLeftOut, startPostgres, startStandby } from "../support/postgres.ts";

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
});
