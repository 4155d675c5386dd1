import { hurried } from "../support/hurried-checks.ts";
import { openEventStore } from "rivulet";
import { postgres } from "rivulet/postgres";
import { describe, expect, test } from "vitest";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { startProxy } from "../support/postgres-proxy.ts";

describe.skipIf(mayBeLeftOut())("a connection to PostgreSQL that has died without a sign", () => {
  const server = usePostgres();

  // https://github.com/commanded/commanded/issues/127, and 309: no event came any more.
  test("is noticed when it is checked, and watches go on over another one", async () => {
    const proxy = await startProxy(server());
    await using other = await openEventStore(postgres({ connectionString: server().connectionString }));
    await using store = await openEventStore(postgres({ connectionString: proxy.connectionString }));
    const seen: number[] = [];
    const watching = (async () => {
      for await (const { position } of store.watch()) if (seen.push(position) === 2) break;
    })();
    await other.stream("a").append({ type: "noted" });
    await expect.poll(() => seen, { interval: 5 }).toEqual([1]);
    await expect.poll(listens, { interval: 5 }).toBe(true);
    // Nothing that the server says on the connections of now arrives any more.
    let silent = true;
    proxy.decide(({ from, kind }) => {
      // Another connection begins.
      if (kind === "" && from === "client") silent = false;
      return silent && from === "server" ? "drop" : "pass";
    });

    await other.stream("a").append({ type: "noted" });

    await watching;
    expect(seen).toEqual([1, 2]);
    expect(silent).toBe(false);
    expect(hurried.timers).toBeGreaterThan(0);
  });

  /** Whether the connection that listens has looked for news, and is idle. */
  async function listens(): Promise<boolean> {
    const text =
      "SELECT 1 FROM pg_stat_activity WHERE state = 'idle' AND query LIKE 'SELECT (SELECT max(position) FROM \"rivulet\".events)%'";
    return (await server().query(text)).length > 0;
  }
});
