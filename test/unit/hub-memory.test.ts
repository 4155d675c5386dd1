import { memory, openEventStore, type Adapter, type EventStore } from "rivulet";
import type { EventStorage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { postgres } from "rivulet/postgres";
import { createHub, type Hub } from "rivulet/sync/hub";
import { describe, expect, onTestFinished, test } from "vitest";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { linesOf, pullFrom, requestTo } from "../support/sync/ask-hub.ts";
import { bank } from "../support/sync/bank.ts";

const DAY = 24 * 3_600_000;
const STORAGES = { memory, "better-sqlite3": betterSqlite3 };

const FORGETS = "a hub forgets refusals that no replica may push again, and decides none of them twice";

test.each(Object.entries(STORAGES))(`${FORGETS}: %s`, (_name, adapter) => forgets(adapter()));

describe.skipIf(mayBeLeftOut())("on a PostgreSQL server", () => {
  const server = usePostgres();

  test(FORGETS, () => forgets(postgres({ connectionString: server().connectionString, schema: "remembering" })));
});

async function forgets(adapter: Adapter): Promise<void> {
  const { hub, store, storage, clock } = await openHub(adapter);
  const push = pusher(hub);
  expect(await push(withdraw("shoes"), 0)).toMatchObject({ outcome: "refused", reason: { code: "refused" } });
  await store.stream("account-1").execute(bank, { do: "deposit", amount: 9, label: "salary" });
  const kept = await keysOf(storage);
  clock.now += 30 * DAY;
  expect(await push(withdraw("shoes"), 30 * DAY)).toMatchObject({ outcome: "refused", reason: { code: "refused" } });

  clock.now += 2 * DAY;
  expect(await push(nothing("on an empty account"), 0)).toEqual({ outcome: "nothing" });

  expect(kept).toHaveLength(1);
  expect(await keysOf(storage)).not.toContain(kept[0]);
  expect(await push(withdraw("shoes"), 32 * DAY)).toMatchObject({ outcome: "refused", reason: { code: "expired" } });
  expect(await store.stream("account-1").version()).toBe(1);
}

test("a command that was confirmed long ago is told to be so, however old a copy of it is", async () => {
  const { hub, clock } = await openHub(memory());
  const push = pusher(hub);
  const deposit = command({ do: "deposit", amount: 1, label: "one" }, "one");
  const first = await push(deposit, 0);
  clock.now += 400 * DAY;

  expect(first).toMatchObject({ outcome: "confirmed" });
  expect(await push(deposit, 400 * DAY)).toEqual(first);
});

test("what has waited for longer than the hub remembers is refused with a reason of its own; what has not is decided", async () => {
  const { hub } = await openHub(memory());
  const push = pusher(hub);

  expect(await push(command({ do: "deposit", amount: 1, label: "old" }, "old"), 31 * DAY)).toMatchObject({
    reason: { code: "expired" },
  });
  expect(await push(command({ do: "deposit", amount: 1, label: "new" }, "new"), 30 * DAY)).toMatchObject({
    outcome: "confirmed",
  });
});

const withdraw = (label: string): object => command({ do: "withdraw", amount: 2, label }, label);
const nothing = (label: string): object => ({ ...command({ do: "empty", label }, label), stream: "account-2" });

function command(command_: object, key: string): object {
  return {
    kind: "command",
    stream: "account-1",
    decider: "bank",
    key,
    command: JSON.stringify(command_),
    metadata: null,
  };
}

function pusher(hub: Hub): (entry: object, age: number) => Promise<unknown> {
  return async (entry, age) => {
    const [line] = await linesOf(await pullFrom(hub, [{ kind: "stream", name: "none" }], { live: false }));
    const message = { protocol: 1, lineage: line?.lineage, places: [], entries: [entry], ages: [age] };
    const { answers } = (await (await hub.fetch(requestTo("push", message))).json()) as { answers: unknown[] };
    return answers[0];
  };
}

/** The keys under which a hub keeps results. */
async function keysOf(storage: EventStorage): Promise<readonly string[]> {
  return (await storage.contents?.listResults({ after: "", limit: 100 }))?.results.map(({ key }) => key) ?? [];
}

async function openHub(
  adapter: Adapter,
): Promise<{ hub: Hub; store: EventStore; storage: EventStorage; clock: { now: number } }> {
  const { storage } = await adapter.open();
  const clock = { now: 1_800_000_000_000 };
  const store = await openEventStore(
    { name: "kept", open: async () => ({ storage, verbs: {} }) },
    { clock: () => clock.now },
  );
  onTestFinished(() => store.close());
  const hub = createHub(store, { authenticate: () => "ada", deciders: { bank }, limits: { horizon: 30 * DAY } });
  return { hub, store, storage, clock };
}
