import { openEventStore, type StoredEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { startScript } from "../support/child.ts";
import { temporaryPath } from "../support/temporary.ts";

const NAMES = ["ann", "bob", "cid", "dee"];

/** Four processes execute this many commands each on one stream. Returns their outcomes and the stored events. */
async function sell(count: number, shared: string) {
  const path = temporaryPath();
  await (await openEventStore(betterSqlite3({ path }))).close();
  const clerks = NAMES.map((name) => startScript("shop-clerk", path, name, count, shared));
  await Promise.all(clerks.map((clerk) => clerk.line("opened")));
  for (const clerk of clerks) clerk.send("go");
  const results = await Promise.all(
    clerks.map(async (clerk) => JSON.parse((await clerk.line("done ")).slice(5)) as (number | null)[]),
  );
  await using store = await openEventStore(betterSqlite3({ path }));
  return { results, events: (await store.stream("stock").read().toArray()) as StoredEvent<Sold>[] };
}

type Sold = { readonly type: "sold"; readonly data: { by: string; command: number; left: number } };

test("four processes execute on one stream: each command takes effect once, decided on the state after all before it", async () => {
  const { results, events } = await sell(150, "");

  // 600 commands for 590 pieces: ten are refused.
  expect(events.map(({ data }) => data.left)).toEqual(Array.from({ length: 590 }, (_, sold) => 589 - sold));
  const landed = NAMES.flatMap((by, clerk) =>
    results[clerk]!.map((version, command) => ({ by, command, version })).filter(({ version }) => version !== null),
  );
  expect(landed.length).toBe(590);
  for (const { by, command, version } of landed) expect(events[version! - 1]?.data).toMatchObject({ by, command });
});

test("four processes execute with the same keys: each key is decided once, and all get the same result", async () => {
  const { results, events } = await sell(100, "shared");

  expect(events.map(({ data }) => data.left)).toEqual(Array.from({ length: 100 }, (_, sold) => 99 - sold));
  expect(new Set(events.map(({ data }) => data.command)).size).toBe(100);
  for (const result of results) expect(result).toEqual(results[0]);
  results[0]!.forEach((version, command) => expect(events[version! - 1]?.data.command).toBe(command));
});
